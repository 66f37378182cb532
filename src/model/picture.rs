//! A picture that was read: its pixels, and how they are made fewer.

use std::fmt;
use std::sync::Arc;

/// Red, green and blue.
pub type Pixel = [u8; 3];

/// It. Copies share the pixels.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    columns: usize,
    rows: usize,
    pixels: Arc<Vec<Pixel>>,
    /// What kind of file it was in: `PNG`.
    pub kind: &'static str,
    /// Columns and rows of pixels it has there: those kept here may be fewer.
    pub whole: (u32, u32),
}

impl Picture {
    /// Of pixels row by row; `None` where these are none, or not as many as are said.
    #[must_use]
    pub fn new(columns: usize, pixels: Vec<Pixel>, kind: &'static str, whole: (u32, u32)) -> Option<Self> {
        let rows = pixels.len().checked_div(columns)?;
        (rows > 0 && rows * columns == pixels.len()).then(|| Self { columns, rows, pixels: Arc::new(pixels), kind, whole })
    }

    /// Columns and rows of pixels that are here.
    #[must_use]
    pub const fn size(&self) -> (usize, usize) {
        (self.columns, self.rows)
    }

    /// The most columns and rows it can have in so much room and keep its shape. It is made smaller, never larger.
    #[must_use]
    pub fn fit(&self, (columns, rows): (usize, usize)) -> (usize, usize) {
        let (columns, rows) = (columns.min(self.columns), rows.min(self.rows));
        // Compared crosswise, as fractions are.
        if self.columns * rows <= self.rows * columns {
            ((self.columns * rows / self.rows).max(1), rows)
        } else {
            (columns, (self.rows * columns / self.columns).max(1))
        }
    }

    /// Its pixels, made so many: each is what those it takes the place of come to together.
    #[must_use]
    pub fn scaled(&self, (columns, rows): (usize, usize)) -> Vec<Pixel> {
        let part = |at: usize, of: usize, all: usize| {
            let from = at * all / of;
            from..((at + 1) * all / of).clamp(from + 1, all)
        };
        let mut out = Vec::with_capacity(columns * rows);
        for y in 0..rows {
            let down = part(y, rows, self.rows);
            for x in 0..columns {
                let across = part(x, columns, self.columns);
                let (mut sums, mut count) = ([0_u64; 3], 0);
                for row in down.clone() {
                    let from = row * self.columns;
                    for pixel in self.pixels.get(from + across.start..from + across.end).unwrap_or_default() {
                        sums = [0, 1, 2]
                            .map(|n: usize| sums.get(n).copied().unwrap_or(0) + u64::from(pixel.get(n).copied().unwrap_or(0)));
                        count += 1;
                    }
                }
                out.push(sums.map(|sum| u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX)));
            }
        }
        out
    }
}

impl fmt::Debug for Picture {
    /// Its pixels are left out: they are many, and nobody's business in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} {}x{})", self.kind, self.whole.0, self.whole.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(columns: usize, rows: usize) -> Picture {
        let pixel = |n: usize| [u8::try_from(n % 256).unwrap(), 0, 255];
        Picture::new(columns, (0..columns * rows).map(pixel).collect(), "PNG", (1, 1)).unwrap()
    }

    #[test]
    fn a_picture_has_the_pixels_it_says() {
        assert!(Picture::new(2, vec![[0; 3]; 5], "PNG", (2, 3)).is_none());
        assert!(Picture::new(0, Vec::new(), "PNG", (0, 0)).is_none());
        assert!(Picture::new(3, Vec::new(), "PNG", (3, 0)).is_none());
        assert_eq!(picture(3, 2).size(), (3, 2));
        assert_eq!(format!("{:?}", picture(3, 2)), "Picture(PNG 1x1)");
    }

    #[test]
    fn it_keeps_its_shape_and_is_never_made_larger() {
        for (size, room, fits) in [
            ((100, 50), (40, 40), (40, 20)),
            ((50, 100), (40, 40), (20, 40)),
            ((10, 10), (40, 40), (10, 10)),
            ((1000, 1), (10, 10), (10, 1)),
            ((1, 1000), (10, 10), (1, 10)),
            ((7, 3), (7, 1), (2, 1)),
        ] {
            assert_eq!(picture(size.0, size.1).fit(room), fits, "{size:?} in {room:?}");
        }
    }

    #[test]
    fn pixels_are_put_together() {
        let four = Picture::new(2, vec![[0, 0, 0], [100, 0, 0], [200, 0, 8], [100, 0, 0]], "PNG", (2, 2)).unwrap();
        assert_eq!(four.scaled((1, 1)), [[100, 0, 2]]);
        assert_eq!(four.scaled((2, 1)), [[100, 0, 4], [100, 0, 0]]);
        assert_eq!(four.scaled((2, 2)).len(), 4);
        // More than there are is no harm.
        assert_eq!(four.scaled((4, 4)).len(), 16);
    }
}
