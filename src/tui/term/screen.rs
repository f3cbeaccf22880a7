//! What `ratatui` draws on: turns cells that changed into as few bytes as do, and gathers them until the frame is
//! whole.

use std::convert::Infallible;
use std::fmt::Write as _;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

/// Bytes of a frame, and what the terminal is known to look like after them.
pub struct Screen {
    size: Size,
    frame: String,
    pen: Pen,
    caret: Position,
    /// Whether the caret is seen; not known before it was shown or hidden.
    seen: Option<bool>,
}

/// How the next letter looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// Modifiers with the number that switches each on (ECMA-48, 8.3.117).
const MODIFIERS: [(Modifier, u8); 8] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

impl Screen {
    /// A screen of this size, of which nothing is known.
    pub fn new(size: Size) -> Self {
        Self { size, frame: String::new(), pen: Pen::default(), caret: Position::ORIGIN, seen: None }
    }

    /// From now on it has this size.
    pub const fn resize(&mut self, size: Size) {
        self.size = size;
    }

    /// The bytes of the frame, which are forgotten here.
    pub fn take_frame(&mut self) -> String {
        std::mem::take(&mut self.frame)
    }

    /// Forgets what is known of the caret: somebody else had the terminal.
    pub const fn forget(&mut self) {
        self.seen = None;
    }

    fn put(&mut self, text: std::fmt::Arguments) {
        // Writing into a string cannot fail.
        let _ = self.frame.write_fmt(text);
    }

    fn go_to(&mut self, to: Position) {
        self.put(format_args!("\u{1b}[{};{}H", to.y + 1, to.x + 1));
    }

    /// One sequence for everything that is to look different.
    fn take_pen(&mut self, pen: Pen) {
        if pen == self.pen {
            return;
        }
        let mut before = self.pen;
        let mut codes = String::new();
        let mut add = |code: std::fmt::Arguments| {
            let _ = write!(codes, "{}{code}", if codes.is_empty() { "" } else { ";" });
        };
        // Some cannot be switched off alone: bold and dim have one number for it.
        if !pen.modifier.contains(before.modifier) || pen == Pen::default() {
            add(format_args!("0"));
            before = Pen::default();
        }
        for (modifier, code) in MODIFIERS {
            if pen.modifier.contains(modifier) && !before.modifier.contains(modifier) {
                add(format_args!("{code}"));
            }
        }
        for (wanted, had, first) in [(pen.fg, before.fg, 30), (pen.bg, before.bg, 40)] {
            if wanted != had {
                match (wanted, index(wanted)) {
                    (Color::Rgb(red, green, blue), _) => add(format_args!("{};2;{red};{green};{blue}", first + 8)),
                    (_, Some(index)) => add(format_args!("{};5;{index}", first + 8)),
                    (_, None) => add(format_args!("{}", first + 9)),
                }
            }
        }
        self.put(format_args!("\u{1b}[{codes}m"));
        self.pen = pen;
    }
}

/// The number of a colour that has one.
const fn index(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Reset | Color::Rgb(..) => return None,
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    })
}

impl Backend for Screen {
    type Error = Infallible;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> Result<(), Infallible> {
        let mut next: Option<Position> = None;
        for (x, y, cell) in content {
            match next {
                Some(at) if at.y == y && at.x == x => {}
                // The column by its number: behind a wide letter, terminals disagree about how far they came.
                Some(at) if at.y == y => self.put(format_args!("\u{1b}[{}G", x + 1)),
                Some(_) | None => self.go_to(Position::new(x, y)),
            }
            let modifier = if cell.modifier.contains(Modifier::RAPID_BLINK) {
                (cell.modifier - Modifier::RAPID_BLINK) | Modifier::SLOW_BLINK
            } else {
                cell.modifier
            };
            self.take_pen(Pen { fg: cell.fg, bg: cell.bg, modifier });
            self.frame.push_str(cell.symbol());
            next = Some(Position::new(x + 1, y));
        }
        self.take_pen(Pen::default());
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        if self.seen.replace(false) != Some(false) {
            self.frame.push_str("\u{1b}[?25l");
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        if self.seen.replace(true) != Some(true) {
            self.frame.push_str("\u{1b}[?25h");
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(self.caret)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.caret = position.into();
        self.go_to(self.caret);
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> Result<(), Infallible> {
        self.frame.push_str(match region {
            ClearType::All => "\u{1b}[2J",
            ClearType::AfterCursor => "\u{1b}[J",
            ClearType::BeforeCursor => "\u{1b}[1J",
            ClearType::CurrentLine => "\u{1b}[2K",
            ClearType::UntilNewLine => "\u{1b}[K",
        });
        Ok(())
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::Terminal;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    const SIZE: Size = Size::new(12, 4);

    fn colour() -> impl Strategy<Value = Color> {
        prop_oneof![
            Just(Color::Reset),
            Just(Color::Red),
            Just(Color::White),
            any::<u8>().prop_map(Color::Indexed),
            any::<[u8; 3]>().prop_map(|[red, green, blue]| Color::Rgb(red, green, blue)),
        ]
    }

    fn styled() -> impl Strategy<Value = (u16, u16, &'static str, Style)> {
        let modifiers = prop_oneof![
            Just(Modifier::empty()),
            Just(Modifier::BOLD),
            Just(Modifier::REVERSED),
            Just(Modifier::BOLD | Modifier::UNDERLINED),
            Just(Modifier::ITALIC),
        ];
        // All of four columns: none begins in the middle of a wide letter.
        let text = prop_oneof![Just("Ada "), Just("渡辺"), Just("Zoë!"), Just("    "), Just("│  │")];
        ((0..SIZE.width / 4).prop_map(|place| place * 4), 0..SIZE.height, text, colour(), colour(), modifiers)
            .prop_map(|(x, y, text, fg, bg, modifier)| (x, y, text, Style::new().fg(fg).bg(bg).add_modifier(modifier)))
    }

    /// A colour as the reader of the bytes has it.
    fn seen(colour: Color) -> vt100::Color {
        match (colour, index(colour)) {
            (Color::Rgb(red, green, blue), _) => vt100::Color::Rgb(red, green, blue),
            (_, Some(index)) => vt100::Color::Idx(index),
            (_, None) => vt100::Color::Default,
        }
    }

    proptest! {
        #[test]
        fn whatever_follows_whatever_the_terminal_shows_what_was_drawn(
            frames in proptest::collection::vec(proptest::collection::vec(styled(), 0..6), 1..6),
        ) {
            let Ok(mut terminal) = Terminal::new(Screen::new(SIZE));
            let (rows, columns) = (SIZE.height.try_into().unwrap(), SIZE.width.try_into().unwrap());
            let mut reader = vt100::Parser::new(rows, columns, 0);
            for texts in frames {
                let Ok(drawn) = terminal.draw(|frame| {
                    for (x, y, text, style) in &texts {
                        frame.buffer_mut().set_string(*x, *y, text, *style);
                    }
                });
                let buffer = drawn.buffer.clone();
                reader.process(terminal.backend_mut().take_frame().as_bytes());
                for (x, y) in Rect::from((Position::ORIGIN, SIZE)).positions().map(|at| (at.x, at.y)) {
                    let (wanted, shown) = (&buffer[(x, y)], reader.screen().cell(y, x).unwrap());
                    if shown.is_wide_continuation() {
                        continue;
                    }
                    prop_assert_eq!(wanted.symbol().trim(), shown.contents().trim(), "at {},{}", x, y);
                    prop_assert_eq!((seen(wanted.fg), seen(wanted.bg)), (shown.fgcolor(), shown.bgcolor()));
                    let modifiers = [shown.bold(), shown.inverse(), shown.underline(), shown.italic()];
                    let all = [Modifier::BOLD, Modifier::REVERSED, Modifier::UNDERLINED, Modifier::ITALIC];
                    prop_assert_eq!(all.map(|modifier| wanted.modifier.contains(modifier)), modifiers);
                }
            }
        }
    }

    #[test]
    fn a_frame_in_which_nothing_changed_is_no_bytes() {
        let Ok(mut terminal) = Terminal::new(Screen::new(SIZE));
        let mut draw = || {
            let Ok(_) = terminal.draw(|frame| frame.buffer_mut().set_string(0, 0, "Ada", Style::new()));
            terminal.backend_mut().take_frame()
        };
        assert!(draw().contains("Ada"));
        assert_eq!(draw(), "");
    }
}
