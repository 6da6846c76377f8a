//! Merges one definition over another, for environments and instances.

use super::yaml::{Entry, Node, Value};

/// Under these keys, `off` removes an entry.
const REMOVABLE: [&str; 3] = ["services", "slos", "alerts"];

/// Whether the value is `off` instead of a map.
pub fn is_off(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar(word) if word.text == "off")
}

/// `base` with the entries of `over`: maps are merged entry by entry, other values are replaced. If entries are `removable`, `off` removes one.
pub fn laid_over(base: Node, over: &Node, removable: bool) -> Node {
    let (Value::Map(mut entries), Value::Map(others)) = (base.value, &over.value) else {
        return over.clone();
    };
    for other in others {
        let place = entries.iter().position(|entry| entry.key.text == other.key.text);
        match place {
            Some(place) if removable && is_off(&other.value) => drop(entries.remove(place)),
            Some(place) => {
                let Entry { key, value } = entries.remove(place);
                let within = REMOVABLE.contains(&key.text.as_str());
                let value = laid_over(value, &other.value, within);
                // Problems with a replaced value are shown in the overriding text.
                let key = if matches!(value.value, Value::Map(_)) { key } else { other.key.clone() };
                entries.insert(place, Entry { key, value });
            }
            None => entries.push(other.clone()),
        }
    }
    Node { span: base.span, value: Value::Map(entries) }
}
