//! The least there can be: connections that are kept alive, and nothing else.

use std::time::Duration;

use chinwag::runtime::descriptors;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// As chinwag has it where the server wishes nothing shorter.
const INTERVAL: Duration = Duration::from_secs(60);

fn block_on(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

/// Answers pings until it is killed.
pub fn answer(count: usize) {
    descriptors::make_room(count as u64 + 32).unwrap();
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut ping = [0; 4];
                while stream.read_exact(&mut ping).await.is_ok() && stream.write_all(b"\r\n").await.is_ok() {}
            });
        }
    });
}

/// Connects, sends one ping at once on each connection and then one in each interval, until it is killed.
pub fn ping(port: u16, count: usize) {
    descriptors::make_room(count as u64 + 32).unwrap();
    block_on(async {
        println!("ready");
        super::crowd_client::next_line().await;
        let begin = std::time::Instant::now();
        for _ in 0..count {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            pong(&mut stream).await;
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(INTERVAL).await;
                    pong(&mut stream).await;
                }
            });
        }
        println!("{count} connections after {:.1} s", begin.elapsed().as_secs_f64());
        std::future::pending::<()>().await;
    });
}

async fn pong(stream: &mut TcpStream) {
    stream.write_all(b"\r\n\r\n").await.unwrap();
    stream.read_exact(&mut [0; 2]).await.unwrap();
}
