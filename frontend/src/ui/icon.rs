//! Icons: line drawings of 20 by 20 units in the colour of the text.

use leptos::prelude::*;

/// The drawing of an icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Glyph {
    /// Four squares: the overview.
    Grid,
    /// A pulse: live sessions.
    Live,
    /// Two people.
    Users,
    /// A person in a frame.
    Group,
    Box,
    /// A headset: the console.
    Console,
    Cross,
    Plus,
    Minus,
    /// Three dots.
    More,
    Tick,
    /// A warning triangle.
    Warning,
    /// An arrow in a circle.
    Refresh,
    /// Two sheets.
    Copy,
    /// A door with an arrow.
    Leave,
    Sun,
    Moon,
    Screen,
    Lock,
    /// A cloud without a connection.
    Offline,
    /// A magnifying glass.
    Search,
    /// An arrow up.
    Up,
    /// An arrow down.
    Down,
    /// An arrow up to a bar.
    Top,
    /// Bars between two axes.
    Chart,
    /// A sheet with lines.
    Log,
    /// An arrow down into a tray.
    Download,
    Person,
    /// Two sliders.
    Settings,
    Key,
    /// A chevron that points down.
    Chevron,
    /// An arrow in a circle.
    Reload,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Grid => {
                "M3 3h5.500v5.500H3zM11.500 3H17v5.500h-5.500zM3 11.500h5.500V17H3zM11.500 11.500H17V17h-5.500z"
            }
            Self::Live => "M2.5 10h3l2-5 4 10 2.5-5h3.5",
            Self::Users => {
                "M5 6.500a3 3 0 1 0 6 0 3 3 0 1 0-6 0M2.500 16.500c.5-3.500 3-5 5.500-5s5 1.500 5.500 5\
                 M13.500 4a3 3 0 0 1 0 5.500M15 12c1.500.7 2.300 2.300 2.500 4.500"
            }
            Self::Group => {
                "M7.500 8a2.500 2.500 0 1 0 5 0 2.500 2.500 0 1 0-5 0\
                 M5.500 15c.5-2.500 2.300-3.500 4.500-3.500s4 1 4.500 3.500M2.500 2.500h15v15h-15z"
            }
            Self::Box => "M10 2.500 17 6v8l-7 3.500L3 14V6zM3 6l7 3.500L17 6M10 9.500v8",
            Self::Console => {
                "M3.500 12v-2a6.500 6.500 0 0 1 13 0v2M3.500 11.500h2v4h-1a1.500 1.500 0 0 1-1.500-1.500z\
                 M16.500 11.500h-2v4h1a1.500 1.500 0 0 0 1.500-1.500zM15 15.500c0 1.500-1.500 2-4 2"
            }
            Self::Cross => "M5.500 5.500l9 9M14.500 5.500l-9 9",
            Self::Plus => "M10 4.500v11M4.500 10h11",
            Self::Minus => "M4.500 10h11",
            Self::More => "M4.500 10h.01M10 10h.01M15.500 10h.01",
            Self::Tick => "M4.500 10.500 8.500 14.500 15.500 6",
            Self::Refresh => "M16.500 10a6.500 6.500 0 1 1-2-4.700M16.500 2.800v3.700h-3.700",
            Self::Warning => "M10 3.500 17.500 16.500h-15zM10 8.500v3.500M10 14.300v.01",
            Self::Copy => "M7.500 7.500h9v9h-9zM4.500 12.500h-1v-9h9v1",
            Self::Leave => "M8 3.500H4v13h4M12.500 6.500 16 10l-3.500 3.500M16 10H8",
            Self::Sun => {
                "M6.500 10a3.500 3.500 0 1 0 7 0 3.500 3.500 0 1 0-7 0M10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18\
                 M4.300 4.300l1.100 1.100M14.600 14.600l1.100 1.100M15.700 4.300l-1.100 1.100M5.400 14.600l-1.100 1.100"
            }
            Self::Moon => "M16 11.800A6.500 6.500 0 0 1 8.200 4a6.500 6.500 0 1 0 7.800 7.800z",
            Self::Screen => "M2.500 4h15v9.500h-15zM7 16.500h6M10 13.500v3",
            Self::Lock => "M4.500 9h11v8h-11zM6.500 9V6.500a3.500 3.500 0 0 1 7 0V9",
            Self::Offline => {
                "M3 3l14 14M6 8a4 4 0 0 0-.5 8H14M8.500 5.300A4.500 4.500 0 0 1 14.800 9a3.500 3.500 0 0 1 2.200 5"
            }
            Self::Up => "M10 16V4.500M5 9.500l5-5 5 5",
            Self::Down => "M10 4v11.500M5 10.500l5 5 5-5",
            Self::Chart => "M3 17V3M3 17h14M6.500 13v-3M10 13V6M13.500 13V8.500",
            Self::Log => "M4.500 3h11v14h-11zM7.500 7h5M7.500 10h5M7.500 13h3",
            Self::Download => "M10 3.500v9M6 8.800l4 4 4-4M4 16.500h12",
            Self::Person => "M7 6.500a3 3 0 1 0 6 0 3 3 0 1 0-6 0M4 16.500c.5-3.500 3-5 6-5s5.500 1.500 6 5",
            Self::Settings => {
                "M3 6.500h7M14 6.500h3M10 6.500a2 2 0 1 0 4 0 2 2 0 1 0-4 0M3 13.500h3M10 13.500h7\
                 M6 13.500a2 2 0 1 0 4 0 2 2 0 1 0-4 0"
            }
            Self::Key => {
                "M3.500 13a3.500 3.500 0 1 0 7 0 3.500 3.500 0 1 0-7 0M9.500 10.500l7-7M13.500 6.500l2.500 2.500"
            }
            Self::Chevron => "M6 8l4 4 4-4",
            Self::Reload => "M16 10a6 6 0 1 1-1.8-4.300M16.500 2.500v3.500h-3.500",
            Self::Top => "M4.500 3.500h11M10 17V7.500M5 12.500l5-5 5 5",
            Self::Search => "M4 9a5 5 0 1 0 10 0A5 5 0 1 0 4 9M12.700 12.700 16.500 16.500",
        }
    }
}

/// An icon, hidden from screen readers.
#[component]
pub fn Icon(
    /// The drawing.
    glyph: Glyph,
) -> impl IntoView {
    view! {
        <svg class="ic" viewBox="0 0 20 20" aria-hidden="true">
            <path d=glyph.path() />
        </svg>
    }
}

/// The logo: four seats.
#[component]
pub fn Mark(
    /// Whether it is twice as large.
    #[prop(optional)]
    big: bool,
) -> impl IntoView {
    view! {
        <span class="mark" class:big=big aria-hidden="true">
            <i></i>
            <i></i>
            <i></i>
            <i></i>
        </span>
    }
}
