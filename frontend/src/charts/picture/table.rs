//! A table as a picture: each text and each bar where it stands on the page, and a line below each row.

use super::{copy_styles, elements, escaped, style_of};
use js_sys::{Function, Reflect};
use leptos::prelude::*;
use std::fmt::Write as _;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{DomRect, Element, Node, XmlSerializer};

/// The content of an SVG that shows a table, with the table's corner at this place.
pub fn drawn(table: &Element, (x, y): (f64, f64)) -> Option<String> {
    let frame = table.get_bounding_client_rect();
    let place = |rect: &DomRect| (rect.left() - frame.left() + x, rect.top() - frame.top() + y);
    let mut svg = String::new();
    for row in elements(&table.query_selector_all("tr").ok()?) {
        let rect = row.get_bounding_client_rect();
        let ((left, top), color) = (place(&rect), style_of(&row, "color")?);
        let (right, bottom) = (left + rect.width(), top + rect.height());
        write!(
            svg,
            "<path d=\"M{left:.1} {bottom:.1}H{right:.1}\" fill=\"none\" stroke=\"{color}\" stroke-opacity=\"0.15\"/>"
        )
        .ok()?;
    }
    for bar in elements(&table.query_selector_all("svg").ok()?) {
        let (rect, copy) = (bar.get_bounding_client_rect(), bar.clone_node_with_deep(true).ok()?);
        let (copy, (left, top)): (Element, _) = (copy.dyn_into().ok()?, place(&rect));
        copy_styles(&bar, &copy)?;
        let numbers = [("x", left), ("y", top), ("width", rect.width()), ("height", rect.height())];
        for (name, number) in numbers {
            copy.set_attribute(name, &format!("{number:.1}")).ok()?;
        }
        svg += &XmlSerializer::new().ok()?.serialize_to_string(&copy).ok()?;
    }
    write_texts(table, &place, &mut svg)?;
    Some(svg)
}

/// Adds all texts that are visible.
fn write_texts(node: &Node, place: &dyn Fn(&DomRect) -> (f64, f64), svg: &mut String) -> Option<()> {
    let children = node.child_nodes();
    for child in (0..children.length()).filter_map(|index| children.get(index)) {
        match child.dyn_ref::<Element>() {
            // Texts for screen readers, and drawings.
            Some(element) if element.matches(".vh, svg").unwrap_or_default() => {}
            Some(element) => write_texts(element, place, svg)?,
            None => {
                let text = child.text_content().unwrap_or_default();
                if child.node_type() == Node::TEXT_NODE && !text.trim().is_empty() {
                    write_text(&child, text.trim(), place, svg)?;
                }
            }
        }
    }
    Some(())
}

fn write_text(node: &Node, text: &str, place: &dyn Fn(&DomRect) -> (f64, f64), svg: &mut String) -> Option<()> {
    let parent = node.parent_element()?;
    let rect = extent(node)?;
    if rect.width() == 0.0 {
        return Some(());
    }
    let (left, top) = place(&rect);
    let style = |property| style_of(&parent, property).map(|value| value.replace('"', "'"));
    write!(
        svg,
        "<text x=\"{left:.1}\" y=\"{:.1}\" dominant-baseline=\"central\" font-family=\"{}\" font-size=\"{}\" \
         font-weight=\"{}\" fill=\"{}\">{}</text>",
        top + rect.height() / 2.0,
        style("font-family")?,
        style("font-size")?,
        style("font-weight")?,
        style("color")?,
        escaped(text)
    )
    .ok()
}

/// Where a text stands. Only a range of the document tells; it is called by name, as nothing else needs its type.
fn extent(text: &Node) -> Option<DomRect> {
    let method = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok()?.dyn_into::<Function>().ok();
    let document = document();
    let range = method(&document, "createRange")?.call0(&document).ok()?;
    method(&range, "selectNodeContents")?.call1(&range, text).ok()?;
    method(&range, "getBoundingClientRect")?.call0(&range).ok()?.dyn_into().ok()
}
