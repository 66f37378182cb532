//! Pictures of each kind, broken ones, and such as claim to be what nobody could bear.

use image::{ImageEncoder as _, RgbaImage};
use proptest::prelude::*;

use super::*;

const SIZE: (u32, u32) = (6, 4);

/// A picture of two halves, as a file: red, and blue that can be seen through.
fn file(format: ImageFormat) -> Vec<u8> {
    let seen = RgbaImage::from_fn(SIZE.0, SIZE.1, |x, _| image::Rgba(if x < 3 { [250, 0, 0, 255] } else { [0, 0, 250, 0] }));
    let mut out = Cursor::new(Vec::new());
    let picture = DynamicImage::from(seen);
    let picture = if format == ImageFormat::Jpeg { picture.to_rgb8().into() } else { picture };
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

const KINDS: [(ImageFormat, &str); 4] =
    [(ImageFormat::Png, "PNG"), (ImageFormat::Jpeg, "JPEG"), (ImageFormat::Gif, "GIF"), (ImageFormat::WebP, "WebP")];

#[test]
fn each_kind_is_read() {
    for (format, kind) in KINDS {
        let picture = decode(&file(format)).unwrap();
        assert_eq!((picture.kind, picture.whole, picture.size()), (kind, SIZE, (6, 4)));
        let [red, _, blue] = picture.scaled((1, 4))[0];
        assert!(red > 50 && blue > 20, "{kind}: {red} {blue}");
        if kind != "JPEG" {
            let last = picture.scaled((6, 4))[5];
            assert_eq!(last, [u8::try_from(LIGHT).unwrap(); 3], "{kind}: what is behind is seen");
        }
    }
    for other in [&b"GIF"[..], b"BM\0\0\0\0", b"II*\0\x08\0\0\0", b"<svg/>", b"", b"\x00\x00\x00\x1cftypavif"] {
        assert!(decode(other).unwrap_err().contains("only PNG"), "{other:?}");
    }
}

/// A chunk of PNG.
fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&kind);
    sum.update(data);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], &kind, data, &sum.finalize().to_be_bytes()].concat()
}

/// A PNG that claims this size, and has next to nothing in it.
fn claims(columns: u32, rows: u32) -> Vec<u8> {
    let head = [&columns.to_be_bytes()[..], &rows.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    let nothing = [0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01];
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(*b"IHDR", &head), &chunk(*b"IDAT", &nothing), &chunk(*b"IEND", b"")].concat()
}

#[test]
fn t33_a_picture_that_claims_to_be_enormous_is_not_decoded() {
    for (columns, rows) in [(100_000, 100_000), (u32::MAX >> 1, 1), (1, LONGEST + 1), (LONGEST, LONGEST), (9_000, 9_000)] {
        let file = claims(columns, rows);
        assert!(file.len() < 100);
        let why = decode(&file).unwrap_err();
        assert!(why.contains("more pixels") || why.contains("broken"), "{columns} by {rows}: {why}");
    }
    assert!(decode(&claims(100_000, 100_000)).unwrap_err().contains("more pixels"));
    // What is promised and does not come is no picture either.
    assert!(decode(&claims(5, 5)).unwrap_err().contains("broken"));
    // The same of GIF and JPEG, which can promise 65,535 by 65,535.
    let mut gif = file(ImageFormat::Gif);
    gif[6..10].fill(0xff);
    assert!(decode(&gif).unwrap_err().contains("more pixels"));
    let mut jpeg = file(ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].fill(0xff);
    assert!(decode(&jpeg).unwrap_err().contains("more pixels"));
}

#[test]
fn t33_a_jpeg_counts_by_all_that_its_decoder_keeps() {
    let mut jpeg = file(ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    // The one after the largest square there is; and what would be fine for the pixels alone.
    for side in [6_051_u16, 8_191] {
        let pixels = u64::from(side).pow(2);
        assert!(pixels < MOST_PIXELS && pixels * 3 < MOST_MEMORY && pixels * OCTETS_IN_JPEG > MOST_MEMORY, "{side}");
        let claim = side.to_be_bytes();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[claim, claim].concat());
        let why = decode(&jpeg).unwrap_err();
        assert!(why.contains("more pixels") && why.contains("of a JPEG 36 million"), "{side}: {why}");
    }
}

#[test]
fn t33_what_is_cut_off_is_no_picture_and_no_harm() {
    for (format, kind) in KINDS {
        let file = file(format);
        for end in 0..file.len() {
            // Some decoders make the best of what is there.
            let _ = caught(|| decode(&file[..end]));
        }
        assert!(caught(|| decode(&file[..file.len() / 3])).is_err(), "{kind}");
    }
}

#[test]
fn t33_a_decoder_that_panics_costs_the_picture_and_nothing_else() {
    let broken: Result<Picture, String> = caught(|| panic!("what nobody thought of"));
    assert_eq!(broken.unwrap_err(), "Reading this picture failed because of a fault in its decoder.");
    assert!(caught(|| decode(&file(ImageFormat::Png))).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn t33_broken_pictures_are_faults(
        kind in 0..4_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut file = file(KINDS[kind].0);
        for (at, octet) in changes {
            let at = at.index(file.len());
            file[at] = octet;
        }
        if let Ok(picture) = caught(|| decode(&file)) {
            prop_assert!(picture.size().0 <= 1_280 && picture.size().1 <= 1_280);
        }
    }
}

#[test]
fn large_ones_are_made_small_and_stand_upright() {
    let mut out = Vec::new();
    let pixels = vec![90; 3_000 * 30 * 3];
    image::codecs::png::PngEncoder::new(&mut out).write_image(&pixels, 3_000, 30, image::ExtendedColorType::Rgb8).unwrap();
    let picture = decode(&out).unwrap();
    assert_eq!((picture.whole, picture.size()), ((3_000, 30), (1_280, 13)));
    // A camera that was held upright: turn it by a quarter (6).
    let exif = b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let jpeg = file(ImageFormat::Jpeg);
    let turned = [&jpeg[..2], exif, &jpeg[2..]].concat();
    assert_eq!(decode(&turned).unwrap().size(), (4, 6));
}

#[test]
fn only_files_within_bounds_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("a.txt"), file(ImageFormat::Png)).unwrap();
    assert!(look(&at("a.txt")).is_ok(), "names are of no account");
    assert!(look(&at("none.png")).unwrap_err().contains("cannot be read"));
    assert!(look(&folder.path().display().to_string()).unwrap_err().contains("no file"));
    assert!(look("/dev/zero").is_err());
    let large = File::create(at("large.png")).unwrap();
    large.set_len(MOST_OCTETS + 1).unwrap();
    assert!(look(&at("large.png")).unwrap_err().contains("larger than 32 MiB"));
}

#[test]
fn they_are_read_beside_all_else_and_the_last_wish_counts() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("a.png").display().to_string();
    std::fs::write(&place, file(ImageFormat::Png)).unwrap();
    let (mail, mut told) = mpsc::channel(8);
    let mut pictures = Pictures::new(mail);
    let account = AccountId::new("work");
    for number in 1..=20 {
        pictures.read(&account, FileId::Received(number), &place);
    }
    loop {
        match told.blocking_recv().unwrap() {
            Msg::Picture(_, FileId::Received(20), read) => break assert!(read.is_ok()),
            Msg::Picture(_, FileId::Received(1..20), _) => {}
            other => panic!("{other:?}"),
        }
    }
    // Its thread ends with it.
    drop(pictures);
    assert!(told.blocking_recv().is_none());
}
