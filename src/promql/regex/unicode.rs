//! The names of sets of characters that every targeted version of Go knows, and their characters.

use regex_syntax::hir::{Class, HirKind};

use crate::vocabulary::distance;

/// The characters of a category or script; `None` if Go does not know the name.
pub(super) fn ranges(name: &str) -> Option<Vec<(u32, u32)>> {
    let known = CATEGORIES.binary_search(&name).is_ok() || SCRIPTS.binary_search(&name).is_ok();
    // The crate counts unassigned characters to `C`, and has no surrogates.
    let pattern = match name {
        "Any" => return Some(vec![(0, u32::from(char::MAX))]),
        "Cs" => return Some(Vec::new()),
        "C" => r"[\p{Cc}\p{Cf}\p{Co}]".to_owned(),
        _ => format!(r"\p{{{name}}}"),
    };
    if !known && name != "Any" {
        return None;
    }
    match regex_syntax::parse(&pattern).ok()?.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            Some(class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect())
        }
        // A category may have a single character.
        HirKind::Literal(one) => {
            let c = std::str::from_utf8(&one.0).ok()?.chars().next()?;
            Some(vec![(c.into(), c.into())])
        }
        _ => None,
    }
}

/// The name that was meant by one of another version or another language.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let value = name.rsplit(['=', ':']).next().unwrap_or(name);
    let plain = |text: &str| -> String {
        text.chars().filter(|c| !"_- ".contains(*c)).map(|c| c.to_ascii_lowercase()).collect()
    };
    let asked = plain(value);
    let alias = ALIASES.iter().find(|(alias, _)| *alias == asked).map(|(_, known)| *known);
    let mut all = CATEGORIES.iter().chain(&SCRIPTS).copied();
    alias.or_else(|| all.find(|known| plain(known) == asked)).or_else(|| {
        let near =
            |known: &&str| distance(&plain(known), &asked, known.len() / 4).filter(|_| known.len() > 3);
        SCRIPTS.iter().copied().filter_map(|known| Some((near(&known)?, known))).min().map(|(_, known)| known)
    })
}

/// The long names of categories, which Go knows since 1.25.
const ALIASES: [(&str, &str); 40] = [
    ("letter", "L"),
    ("lowercaseletter", "Ll"),
    ("uppercaseletter", "Lu"),
    ("titlecaseletter", "Lt"),
    ("modifierletter", "Lm"),
    ("otherletter", "Lo"),
    ("mark", "M"),
    ("combiningmark", "M"),
    ("nonspacingmark", "Mn"),
    ("spacingmark", "Mc"),
    ("enclosingmark", "Me"),
    ("number", "N"),
    ("decimalnumber", "Nd"),
    ("digit", "Nd"),
    ("letternumber", "Nl"),
    ("othernumber", "No"),
    ("punctuation", "P"),
    ("punct", "P"),
    ("connectorpunctuation", "Pc"),
    ("dashpunctuation", "Pd"),
    ("openpunctuation", "Ps"),
    ("closepunctuation", "Pe"),
    ("initialpunctuation", "Pi"),
    ("finalpunctuation", "Pf"),
    ("otherpunctuation", "Po"),
    ("symbol", "S"),
    ("mathsymbol", "Sm"),
    ("currencysymbol", "Sc"),
    ("modifiersymbol", "Sk"),
    ("othersymbol", "So"),
    ("separator", "Z"),
    ("spaceseparator", "Zs"),
    ("lineseparator", "Zl"),
    ("paragraphseparator", "Zp"),
    ("other", "C"),
    ("control", "Cc"),
    ("cntrl", "Cc"),
    ("format", "Cf"),
    ("privateuse", "Co"),
    ("surrogate", "Cs"),
];

const CATEGORIES: [&str; 36] = [
    "C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl",
    "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

/// Those of Unicode 13, which Go 1.19 has.
const SCRIPTS: [&str; 156] = [
    "Adlam",
    "Ahom",
    "Anatolian_Hieroglyphs",
    "Arabic",
    "Armenian",
    "Avestan",
    "Balinese",
    "Bamum",
    "Bassa_Vah",
    "Batak",
    "Bengali",
    "Bhaiksuki",
    "Bopomofo",
    "Brahmi",
    "Braille",
    "Buginese",
    "Buhid",
    "Canadian_Aboriginal",
    "Carian",
    "Caucasian_Albanian",
    "Chakma",
    "Cham",
    "Cherokee",
    "Chorasmian",
    "Common",
    "Coptic",
    "Cuneiform",
    "Cypriot",
    "Cyrillic",
    "Deseret",
    "Devanagari",
    "Dives_Akuru",
    "Dogra",
    "Duployan",
    "Egyptian_Hieroglyphs",
    "Elbasan",
    "Elymaic",
    "Ethiopic",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Grantha",
    "Greek",
    "Gujarati",
    "Gunjala_Gondi",
    "Gurmukhi",
    "Han",
    "Hangul",
    "Hanifi_Rohingya",
    "Hanunoo",
    "Hatran",
    "Hebrew",
    "Hiragana",
    "Imperial_Aramaic",
    "Inherited",
    "Inscriptional_Pahlavi",
    "Inscriptional_Parthian",
    "Javanese",
    "Kaithi",
    "Kannada",
    "Katakana",
    "Kayah_Li",
    "Kharoshthi",
    "Khitan_Small_Script",
    "Khmer",
    "Khojki",
    "Khudawadi",
    "Lao",
    "Latin",
    "Lepcha",
    "Limbu",
    "Linear_A",
    "Linear_B",
    "Lisu",
    "Lycian",
    "Lydian",
    "Mahajani",
    "Makasar",
    "Malayalam",
    "Mandaic",
    "Manichaean",
    "Marchen",
    "Masaram_Gondi",
    "Medefaidrin",
    "Meetei_Mayek",
    "Mende_Kikakui",
    "Meroitic_Cursive",
    "Meroitic_Hieroglyphs",
    "Miao",
    "Modi",
    "Mongolian",
    "Mro",
    "Multani",
    "Myanmar",
    "Nabataean",
    "Nandinagari",
    "New_Tai_Lue",
    "Newa",
    "Nko",
    "Nushu",
    "Nyiakeng_Puachue_Hmong",
    "Ogham",
    "Ol_Chiki",
    "Old_Hungarian",
    "Old_Italic",
    "Old_North_Arabian",
    "Old_Permic",
    "Old_Persian",
    "Old_Sogdian",
    "Old_South_Arabian",
    "Old_Turkic",
    "Oriya",
    "Osage",
    "Osmanya",
    "Pahawh_Hmong",
    "Palmyrene",
    "Pau_Cin_Hau",
    "Phags_Pa",
    "Phoenician",
    "Psalter_Pahlavi",
    "Rejang",
    "Runic",
    "Samaritan",
    "Saurashtra",
    "Sharada",
    "Shavian",
    "Siddham",
    "SignWriting",
    "Sinhala",
    "Sogdian",
    "Sora_Sompeng",
    "Soyombo",
    "Sundanese",
    "Syloti_Nagri",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "Tai_Le",
    "Tai_Tham",
    "Tai_Viet",
    "Takri",
    "Tamil",
    "Tangut",
    "Telugu",
    "Thaana",
    "Thai",
    "Tibetan",
    "Tifinagh",
    "Tirhuta",
    "Ugaritic",
    "Vai",
    "Wancho",
    "Warang_Citi",
    "Yezidi",
    "Yi",
    "Zanabazar_Square",
];
