//! Saves a chart, or a table with bars, as a picture, in the browser: SVG for documents, PNG for everything else.

mod table;

use js_sys::encode_uri_component;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CanvasRenderingContext2d, Element, HtmlAnchorElement, HtmlCanvasElement, HtmlImageElement, NodeList, XmlSerializer,
};

/// How a chart is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// Lines and texts, which stay sharp at any size.
    Svg,
    /// Pixels, twice as many as on the screen.
    Png,
}

impl PictureFormat {
    const fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}

/// The properties of the style sheets that a picture needs: without them, its parts would be black.
const STYLES: [&str; 12] = [
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-opacity",
    "font-family",
    "font-size",
    "font-weight",
    "opacity",
    "paint-order",
    "stroke-linejoin",
];
/// The space above the chart for its caption, and around it, in pixels.
const CAPTION: f64 = 36.0;
const MARGIN: f64 = 14.0;
/// How many pixels of a PNG are one of the screen.
const PIXEL_RATIO: f64 = 2.0;

/// Saves the first chart or table that the selector finds, with a caption, as a file of this name without its
/// extension.
pub fn save(selector: &str, caption: &str, name: &str, format: PictureFormat) {
    let Some(chart) = document().query_selector(selector).ok().flatten() else { return };
    let Some(picture) = Picture::of(&chart, caption) else { return };
    let file = format!("{name}.{}", format.extension());
    match format {
        PictureFormat::Svg => download(&picture.address(), &file),
        PictureFormat::Png => spawn_local(async move {
            if let Ok(address) = picture.to_png().await {
                download(&address, &file);
            }
        }),
    }
}

/// An SVG document that needs no style sheet.
struct Picture {
    svg: String,
    width: f64,
    height: f64,
}

impl Picture {
    fn of(chart: &Element, caption: &str) -> Option<Self> {
        let size = chart.get_bounding_client_rect();
        let (width, height) = (size.width() + 2.0 * MARGIN, size.height() + CAPTION + MARGIN);
        let content = match chart.tag_name().as_str() {
            "TABLE" => table::drawn(chart, (MARGIN, CAPTION))?,
            _ => copied(chart)?,
        };
        // The charts are drawn for the ground of their card.
        let ground: Element = chart.closest(".card").ok().flatten().or_else(|| Some(document().body()?.into()))?;
        let color = |property: &str| style_of(&ground, property);
        let (ground, text) = (color("background-color")?, color("color")?);
        let font = color("font-family")?.replace('"', "'");
        let caption = escaped(caption);
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\"><rect width=\"100%\" height=\"100%\" fill=\"{ground}\"/>\
             <text x=\"{MARGIN}\" y=\"24\" font-family=\"{font}\" font-size=\"14\" font-weight=\"600\" \
             fill=\"{text}\">{caption}</text>{content}</svg>"
        );
        Some(Self { svg, width, height })
    }

    fn address(&self) -> String {
        format!("data:image/svg+xml;charset=utf-8,{}", String::from(encode_uri_component(&self.svg)))
    }

    async fn to_png(&self) -> Result<String, JsValue> {
        let image = HtmlImageElement::new()?;
        image.set_src(&self.address());
        JsFuture::from(image.decode()).await?;
        let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
        let (width, height) = (self.width * PIXEL_RATIO, self.height * PIXEL_RATIO);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the size of a chart")]
        {
            canvas.set_width(width as u32);
            canvas.set_height(height as u32);
        }
        let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
        let context: CanvasRenderingContext2d = context.dyn_into()?;
        context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)?;
        canvas.to_data_url_with_type("image/png")
    }
}

/// A copy of a chart that needs no style sheet.
fn copied(chart: &Element) -> Option<String> {
    let copy: Element = chart.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
    copy_styles(chart, &copy)?;
    copy.set_attribute("x", &MARGIN.to_string()).ok()?;
    copy.set_attribute("y", &CAPTION.to_string()).ok()?;
    XmlSerializer::new().ok()?.serialize_to_string(&copy).ok()
}

/// Gives each element of the copy the style that its original has on the page.
fn copy_styles(original: &Element, copy: &Element) -> Option<()> {
    let (originals, copies) = (original.query_selector_all("*").ok()?, copy.query_selector_all("*").ok()?);
    for (original, copy) in elements(&originals).zip(elements(&copies)) {
        for property in STYLES {
            if let Some(value) = style_of(&original, property) {
                // Fails only for names that are no attributes.
                let _ = copy.set_attribute(property, &value);
            }
        }
        let _ = copy.remove_attribute("class");
    }
    Some(())
}

fn elements(list: &NodeList) -> impl Iterator<Item = Element> + '_ {
    (0..list.length()).filter_map(|index| list.get(index)?.dyn_into().ok())
}

fn style_of(element: &Element, property: &str) -> Option<String> {
    window().get_computed_style(element).ok()??.get_property_value(property).ok().filter(|value| !value.is_empty())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn download(address: &str, file: &str) {
    let link = document().create_element("a").ok().and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(address);
        link.set_download(file);
        link.click();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    async fn a_picture_has_its_styles_and_caption_and_becomes_pixels() {
        let place = document().create_element("div").unwrap();
        place.set_inner_html(
            "<svg width='40' height='20'><rect class='x' width='9' height='9' fill='rgb(1, 2, 3)'/></svg>",
        );
        document().body().unwrap().append_child(&place).unwrap();
        let chart = place.query_selector("svg").unwrap().unwrap();
        let picture = Picture::of(&chart, "Seats & <people>").unwrap();
        place.remove();
        assert!(picture.svg.contains("Seats &amp; &lt;people&gt;"), "{}", picture.svg);
        assert!(picture.svg.contains("fill=\"rgb(1, 2, 3)\"") && !picture.svg.contains("class="), "{}", picture.svg);
        let png = picture.to_png().await.unwrap();
        assert!(png.starts_with("data:image/png;base64,") && png.len() > 200);
    }

    #[wasm_bindgen_test]
    async fn a_table_has_its_texts_and_bars_in_place_and_nothing_for_screen_readers() {
        let place = document().create_element("div").unwrap();
        place.set_inner_html(
            "<table style='font: 14px sans-serif'><tr><th>Anna &amp; Co</th><td>7<svg width='40' height='10'>\
             <rect width='20' height='10' style='fill: rgb(1, 2, 3)'/></svg><span class='vh'>hidden</span></td></tr>\
             <tr><th><button>Ben</button></th><td>5</td></tr></table>",
        );
        document().body().unwrap().append_child(&place).unwrap();
        let table = place.query_selector("table").unwrap().unwrap();
        let picture = Picture::of(&table, "Seat-hours").unwrap();
        place.remove();
        let svg = &picture.svg;
        for text in ["Anna &amp; Co</text>", ">7</text>", ">Ben</text>", ">5</text>", "rgb(1, 2, 3)"] {
            assert!(svg.contains(text), "{text}: {svg}");
        }
        assert!(!svg.contains("hidden"), "{svg}");
        assert!(picture.to_png().await.unwrap().starts_with("data:image/png;base64,"), "it is well-formed");
    }
}
