//! Tests of the XML reader: what must be refused, what must be read the same however it is written,
//! and what hostile input may cost.

use std::borrow::Cow;
use std::time::{Duration, Instant};
use std::{env, fs, path::PathBuf};

use super::*;

mod properties;

const XCP: Bounds = Bounds { doctype: Doctype::Skipped, ..Bounds::EPP };

fn parse(text: &str) -> Result<Document<'_>, XmlError> {
    Document::parse(text, &Bounds::EPP)
}

fn refusal(text: &str) -> XmlError {
    match parse(text) {
        Err(error) => error,
        Ok(document) => panic!("{text:?} was read as {document:?}"),
    }
}

fn root_text(text: &str) -> String {
    parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}")).root().text().to_owned()
}

#[test]
fn what_is_not_well_formed_is_refused() {
    let cases = [
        // Documents and roots.
        "",
        " ",
        "x",
        "<",
        "<a",
        "<a>",
        "<a></a",
        "</a>",
        "<a/><b/>",
        "<a/>x",
        "x<a/>",
        "<a/>&amp;",
        "&lt;<a/>",
        "<a/><![CDATA[]]>",
        "<![CDATA[ ]]><a/>",
        "\u{FEFF}<a/>",
        "<!---->",
        "<a></b>",
        "<a></A>",
        "<a></a b=''>",
        "<a></ a>",
        "<x:a xmlns:x='u'></a>",
        "<a xmlns='u' xmlns:x='u'></x:a>",
        "<a><b></a></b>",
        // Names.
        "<>",
        "< a/>",
        "<1/>",
        "<-a/>",
        "<.a/>",
        "<a!/>",
        "<:a/>",
        "<a:/>",
        "<a:b:c/>",
        "<a\u{D7}/>",
        "<a\0/>",
        "<a/ >",
        "<a b='x'/ >",
        "<a 1='x'/>",
        "<a :b='x'/>",
        "<a\u{A0}b='x'/>",
        "<\u{B7}a/>",
        "<x:1 xmlns:x='u'/>",
        // Attributes.
        "<a b/>",
        "<a b=/>",
        "<a b=x/>",
        "<a b='x/>",
        "<a b='x\"/>",
        "<a b='x'c='y'/>",
        "<a b='<'/>",
        "<a ='x'/>",
        "<a b='x' b='y'/>",
        "<a b b='x'/>",
        "<a b='&'/>",
        "<a b='&lt'/>",
        "<a b='&#0;'/>",
        "<a 'x'/>",
        "<a b=='x'/>",
        "<a x:b='1' y:b='2' xmlns:x='u' xmlns:y='u'/>",
        "<a x:b='1' x:b='2' xmlns:x='u'/>",
        "<a x:b='1' y:b='2' xmlns:x='&#117;' xmlns:y='u'/>",
        // Namespaces.
        "<x:a/>",
        "<a x:b='1'/>",
        "<a><b xmlns:x='u'/><x:c/></a>",
        "<a xmlns:x=''/>",
        "<a xmlns:xmlns='u'/>",
        "<a xmlns:xml='u'/>",
        "<a xmlns:x='http://www.w3.org/XML/1998/namespace'/>",
        "<xmlns:a/>",
        "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns:x='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns:x='u' xmlns:x='v'/>",
        "<a xmlns='u' xmlns='u'/>",
        "<a xmlns:='u'/>",
        // Text and references.
        "<a>]]></a>",
        "<a>]]]]></a>",
        "<a>&</a>",
        "<a>&;</a>",
        "<a>&amp</a>",
        "<a>& b;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#-1;</a>",
        "<a>&#+65;</a>",
        "<a>&#x+41;</a>",
        "<a>&#X41;</a>",
        "<a>&#1A;</a>",
        "<a>&#0;</a>",
        "<a>&#8;</a>",
        "<a>&#xD800;</a>",
        "<a>&#xFFFE;</a>",
        "<a>&#x110000;</a>",
        "<a>&#99999999999999;</a>",
        "<a>\0</a>",
        "<a>\x08</a>",
        "<a>\x1f</a>",
        "<a>\u{FFFE}</a>",
        "<a>\u{FFFF}</a>",
        "<a b='\x01'/>",
        "<a><!--\x01--></a>",
        "<a><![CDATA[\x01]]></a>",
        "<a><?p \x01?></a>",
        "<a><![CDATA[</a>",
        "<a><![cdata[x]]></a>",
        "<a><![CDATA [x]]></a>",
        "<a><!x></a>",
        "<a><!></a>",
        "<a><!",
        // Comments, processing instructions, declarations.
        "<a><!-- -- --></a>",
        "<a><!-- ---></a>",
        "<a><!--></a>",
        "<a><!---></a>",
        "<a><!- x --></a>",
        "<a><!--",
        "<a><?xml version='1.0'?></a>",
        "<a><?XML x?></a>",
        "<a/><?xMl?>",
        "<a><??></a>",
        "<a><? p?></a>",
        "<a><?1?></a>",
        "<a><?p></a>",
        "<a><?p:q?></a>",
        " <?xml version='1.0'?><a/>",
        "<?xml?><a/>",
        "<?xml ?><a/>",
        "<?xml version='2.0'?><a/>",
        "<?xml version='1.'?><a/>",
        "<?xml encoding='UTF-8'?><a/>",
        "<?xml version='1.0'encoding='UTF-8'?><a/>",
        "<?xml version='1.0' encoding=''?><a/>",
        "<?xml version='1.0' standalone='maybe'?><a/>",
        "<?xml version='1.0' x='y'?><a/>",
        "<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>",
        "<?xml version=\u{201C}1.0\u{201D}?><a/>",
        "<?xml version='1.0'?><?xml version='1.0'?><a/>",
    ];
    for case in cases {
        let error = refusal(case);
        assert!(matches!(error, XmlError::NotWellFormed { .. }), "{case:?}: {error:?}");
    }
}

#[test]
fn what_is_well_formed_is_read() {
    let cases = [
        "<a/>",
        "<a />",
        "<a></a >",
        " <a/>\n",
        "<a:b xmlns:a='u'/>",
        "<?xml version='1.0'?><a/>",
        "<?xml version=\"1.1\" encoding='UTF-8' standalone='no' ?>\r\n<a/>",
        "<?p?><!-- c --><a/><!-- - --><?p q?>",
        "<a b = 'x'\n\tc='>'/>",
        "<a b='>' c=\"'\"/>",
        "<é ü='ñ'/>",
        "<_.-9/>",
        "<a b='1' x:b='2' xmlns:x='u'/>",
        "<a xmlns='u' b='1' x:b='2' xmlns:x='u'/>",
        "<a xml:lang='en'/>",
        "<a><!----></a>",
        "<?xml-style x?><a/>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
        "<a>]] ></a>",
        "<a>></a>",
        "<a>]]&gt;</a>",
        "<a><![CDATA[]]]]><![CDATA[>]]></a>",
        "<a>\u{7f}\u{85}\u{FFFD}\u{10FFFF}</a>",
        "<xmlfoo/>",
        "<a>\u{F000}</a>",
    ];
    for case in cases {
        parse(case).unwrap_or_else(|error| panic!("{case:?}: {error}"));
    }
}

#[test]
fn entities_other_than_the_predefined_are_refused() {
    assert_eq!(refusal("<a>&nbsp;</a>"), XmlError::Entity);
    assert_eq!(refusal("<a b='&lol9;'/>"), XmlError::Entity);
    assert_eq!(refusal("<a b='&LT;'/>"), XmlError::Entity);
}

#[test]
fn document_types_are_refused_or_skipped() {
    let plain = [
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE OPS_envelope SYSTEM 'ops.dtd'><a/>",
        "<?xml version='1.0' standalone=\"no\"?>\n<!DOCTYPE OPS_envelope SYSTEM \"ops.dtd\" ><a/>",
        "<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0//EN' \"[>\"><a/>",
    ];
    for case in plain {
        assert_eq!(refusal(case), XmlError::Doctype, "{case}");
        assert_eq!(Document::parse(case, &XCP).unwrap().root().name(), "a", "{case}");
    }
    let subsets = [
        "<!DOCTYPE a []><a/>",
        "<!DOCTYPE a[]><a/>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<!DOCTYPE a SYSTEM 'x' [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]><a/>",
    ];
    for case in subsets {
        assert_eq!(refusal(case), XmlError::Doctype, "{case}");
        assert_eq!(Document::parse(case, &XCP).unwrap_err(), XmlError::Doctype, "{case}");
    }
    let malformed = [
        "<!doctype a><a/>",
        "<!DOCTYPEa><a/>",
        "<!DOCTYPE><a/>",
        "<!DOCTYPE a b><a/>",
        "<!DOCTYPE a SYSTEM><a/>",
        "<!DOCTYPE a SYSTEM'x'><a/>",
        "<!DOCTYPE a PUBLIC 'x'><a/>",
        "<!DOCTYPE a PUBLIC '{' 'x'><a/>",
        "<!DOCTYPE a><!DOCTYPE a><a/>",
        "<a/><!DOCTYPE a>",
        "<a><!DOCTYPE a></a>",
        "<!DOCTYPE 1><a/>",
        "<!DOCTYPE a",
    ];
    for case in malformed {
        let error = Document::parse(case, &XCP).unwrap_err();
        assert!(matches!(error, XmlError::NotWellFormed { .. }), "{case}: {error:?}");
    }
}

#[test]
fn text_is_what_xml_says_it_is() {
    assert_eq!(root_text("<a> x </a>"), " x ");
    assert_eq!(root_text("<a>a<!-- no -->b<?p no?>c<![CDATA[<&]]]>d</a>"), "abc<&]d");
    assert_eq!(root_text("<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;&#x0041;</a>"), "<>&'\"A\u{1F600}A");
    assert_eq!(root_text("<a>1\r\n2\r3\n4&#13;\r\n</a>"), "1\n2\n3\n4\r\n");
    assert_eq!(root_text("<a>&amp;lt;</a>"), "&lt;");
    assert_eq!(root_text("<a>\n <b/>\r\n</a>"), "", "layout is not text");
    assert_eq!(root_text("<a> x<b>y&amp;z</b>&#33;<c/></a>"), " x!");
    assert_eq!(root_text("<a>\n</a>"), "\n");
    for (text, stray) in [
        ("<a> <b/>\t</a>", false),
        ("<a>x</a>", false),
        ("<a>x<b/></a>", true),
        ("<a><b/>&#32;</a>", false),
        ("<a><b/>&#33;</a>", true),
        ("<a><b/><![CDATA[x]]></a>", true),
        ("<a><b>x</b></a>", false),
    ] {
        assert_eq!(parse(text).unwrap().root().has_stray_text(), stray, "{text}");
    }
}

#[test]
fn attributes_are_normalised_and_found_by_expanded_name() {
    let text = "<a x:b='1' b='2\t3\r\n4&#10;&lt;&quot;' xmlns:x='u:&amp;' xml:lang='en'/>";
    let document = parse(text).unwrap();
    let root = document.root();
    assert_eq!(root.attribute("b"), Some("2 3 4\n<\""));
    assert_eq!(root.attribute("lang"), None);
    let all: Vec<_> = root.attributes().map(|found| (found.namespace, found.name, found.value)).collect();
    assert_eq!(all, [("u:&", "b", "1"), ("", "b", "2 3 4\n<\""), (XML_NAMESPACE, "lang", "en")]);
}

#[test]
fn namespaces_follow_their_scope() {
    let text = "<a xmlns='1'><p:b xmlns:p='2'><p:c xmlns:p='3' xmlns=''><d/></p:c><e/></p:b><f/></a>";
    let document = parse(text).unwrap();
    let b = document.root().child("2", "b").unwrap();
    let c = b.child("3", "c").unwrap();
    assert!(c.child("", "d").is_some());
    assert!(b.child("1", "e").is_some() && b.child("2", "e").is_none());
    let names: Vec<_> = document.root().children().map(Element::name).collect();
    assert_eq!(names, ["b", "f"]);
    assert_eq!(c.child("", "d").unwrap().path(), "/a/b/c/d");
    assert_eq!(format!("{document:?} {c:?}"), "Document { root: Element(/a), elements: 6 } Element(/a/b/c)");
}

#[test]
fn a_prefix_ends_with_the_root() {
    let text = "<?xml version='1.0'?>\n<!-- c --><a b='é'>x&amp;<![CDATA[y]]><b/></a>\0</a>";
    let length = text.find('\0').unwrap();
    for cut in (0..length).filter(|&cut| text.is_char_boundary(cut)) {
        let read = Document::parse_prefix(&text[..cut], &Bounds::EPP);
        assert!(matches!(read, Ok(None)), "{:?}: {read:?}", &text[..cut]);
    }
    let (document, used) = Document::parse_prefix(text, &Bounds::EPP).unwrap().unwrap();
    assert_eq!((used, document.root().text()), (length, "x&y"));
    for hopeless in ["x", "</a>", "<a></b>", "<a>\0", "<a>&lt<", "<!DOCTYPE a", "<!x", "<a b=c>"] {
        assert!(Document::parse_prefix(hopeless, &Bounds::EPP).is_err(), "{hopeless}");
    }
}

#[test]
fn bytes_become_text_only_in_the_encodings_of_epp() {
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    for text in ["<a>é\u{1F600}</a>", "<?xml version='1.0'?><a/>"] {
        assert_eq!(decode_text(text.as_bytes()).unwrap(), text);
        assert_eq!(decode_text(format!("\u{FEFF}{text}").as_bytes()).unwrap(), text);
        assert_eq!(decode_text(&utf16(text, true)).unwrap(), text);
        assert_eq!(decode_text(&utf16(text, false)).unwrap(), text);
    }
    let declared = |name: &str| format!("<?xml version='1.0' encoding='{name}'?><a/>");
    for name in ["UTF-8", "utf-8", "utf8", "UTF8"] {
        assert!(decode_text(declared(name).as_bytes()).is_ok(), "{name}");
        assert_eq!(decode_text(&utf16(&declared(name), true)), Err(XmlError::Encoding(name.into())));
    }
    for name in ["UTF-16", "ISO-8859-1", "US-ASCII", "UTF-7"] {
        assert_eq!(decode_text(declared(name).as_bytes()), Err(XmlError::Encoding(name.into())));
    }
    assert!(decode_text(&utf16(&declared("utf-16"), false)).is_ok());
    let long = "X".repeat(5_000);
    assert!(decode_text(declared(&long).as_bytes()).unwrap_err().to_string().len() < 120);
    for bytes in
        [&b"<a>\xFF</a>"[..], b"<a>\xC0\x80</a>", b"<a>\xED\xA0\x80</a>", b"\xFE\xFF\0", b"\xFF\xFE\0\xD8"]
    {
        assert_eq!(decode_text(bytes), Err(XmlError::NotUtf8), "{bytes:?}");
    }
    let without_mark = &utf16("<a/>", true)[2..];
    assert!(parse(&decode_text(without_mark).unwrap()).is_err());
}

#[test]
fn bounds_hold_and_say_so() {
    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    assert!(parse(&nested(32)).is_ok());
    assert_eq!(refusal(&nested(33)).to_string(), "elements are nested more than 32 deep");

    let attributes = |count: usize| -> String {
        let all: String = (0..count).map(|number| format!(" a{number}=''")).collect();
        format!("<a{all}/>")
    };
    assert!(parse(&attributes(64)).is_ok());
    assert_eq!(refusal(&attributes(65)), XmlError::TooManyAttributes(64));

    let bindings = |count: usize| -> String {
        let all: String = (0..count).map(|number| format!(" xmlns:a{number}='u'")).collect();
        format!("<r><a{all}/><a{all}/></r>")
    };
    assert!(parse(&bindings(128)).is_ok());
    assert_eq!(refusal(&bindings(129)), XmlError::TooManyBindings(128));

    let siblings = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count));
    assert!(parse(&siblings(49_999)).is_ok());
    assert_eq!(refusal(&siblings(50_000)), XmlError::TooManyNodes(50_000));
}

#[test]
fn hostile_input_costs_little() {
    let nested_declarations: String = (0..3_000).map(|n| format!("<a xmlns:p{n}='u'>")).collect();
    let root_declarations: String = (0..4_000).map(|n| format!(" xmlns:p{n}='u'")).collect();
    let attributes: String = (0..50_000).map(|n| format!(" a{n}=''")).collect();
    let declared: String = (0..128).map(|n| format!(" xmlns:p{n:03}='u'")).collect();
    let looked_up = format!("<a{declared}>{}</a>", "<p000:b/>".repeat(6_000));
    let full: String = (0..64).map(|n| format!(" a{n}=''")).collect();
    let full_elements = format!("<a>{}</a>", format!("<b{full}/>").repeat(150));
    let cases = [
        nested_declarations,
        format!("<a{root_declarations}/>"),
        format!("<a{attributes}/>"),
        looked_up,
        full_elements,
        format!("<a>{}</a>", "&lt;".repeat(16_000)),
        format!("<a>{}</a>", "x<!---->".repeat(8_000)),
        format!("<a>{}</a>", "]]\r".repeat(20_000)),
        format!("<a b='{}'/>", "&".repeat(64_000)),
        format!("<a>{}", "<!--".repeat(16_000)),
        format!("<a>{}", "<![CDATA[".repeat(7_000)),
        format!("<a>{}", "<?".repeat(32_000)),
        "<".repeat(64_000),
        format!("<!DOCTYPE a [{}", "<!ENTITY a '".repeat(5_000)),
    ];
    for case in cases {
        let least = (0..5).map(|_| {
            let start = Instant::now();
            let _ = Document::parse(&case, &XCP);
            start.elapsed()
        });
        // Unoptimised builds are some thirty times slower; anything quadratic takes seconds.
        let limit =
            if cfg!(debug_assertions) { Duration::from_millis(300) } else { Duration::from_millis(5) };
        let least = least.min().unwrap();
        assert!(least < limit, "{:.40} of {} bytes took {least:?}", case, case.len());
    }
}

#[test]
fn frames_of_the_rfcs_are_read() {
    let shared = env::var_os("DOMESDAY_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    let Ok(entries) = fs::read_dir(shared.join("data/rfc_frames")) else {
        println!("no RFC frames under {}: nothing is tested", shared.display());
        return;
    };
    let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    let frames: Vec<_> = paths.iter().filter(|path| path.extension().is_some_and(|e| e == "xml")).collect();
    for path in &frames {
        let bytes = fs::read(path).unwrap();
        let text = decode_text(&bytes).unwrap();
        let document = parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(document.root().name(), "epp", "{}", path.display());
    }
    assert!(frames.len() > 200, "{} frames", frames.len());
}

#[test]
fn escaping_survives_being_read() {
    let mut out = String::new();
    escape(
        "a & b < c > d \" e ' f\t\r\n\0\u{1f}\u{FFFE}\u{FFFD}\u{F8FF} plain and long enough for blocks &",
        &mut out,
    );
    let expected = "a &amp; b &lt; c &gt; d &quot; e ' f&#9;&#13;&#10;\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{F8FF} \
                    plain and long enough for blocks &amp;";
    assert_eq!(out, expected);
}

#[test]
fn white_space_facets() {
    let cases = [
        ("", ""),
        ("a", "a"),
        ("  a  ", "a"),
        ("a  b", "a b"),
        ("a\tb", "a b"),
        ("\r\na \n b\t", "a b"),
        (" \t ", ""),
        ("a b c", "a b c"),
        ("\u{A0}a\u{A0}", "\u{A0}a\u{A0}"),
    ];
    for (text, token) in cases {
        assert_eq!(collapse(text), token, "{text:?}");
    }
    assert!(matches!(collapse("  a b "), Cow::Borrowed(_)));
    assert_eq!(replace_white("\ta\r\nb "), " a  b ");
    assert!(matches!(replace_white(" a b "), Cow::Borrowed(_)));
}

#[test]
fn an_element_is_shown_on_its_own() {
    let text =
        "<e xmlns='1' xmlns:p='2'><p:c k='a&#10;\"' p:k='v' xml:lang='en'>x &lt; y<d/><p:f/></p:c></e>";
    let document = parse(text).unwrap();
    let mut out = String::from("<v>");
    document.root().child("2", "c").unwrap().write_to(&mut out);
    let expected = "<v><c xmlns=\"2\" k=\"a&#10;&quot;\" xmlns:n1=\"2\" n1:k=\"v\" xml:lang=\"en\">x &lt; y\
                    <d xmlns=\"1\"/><f/></c>";
    assert_eq!(out, expected);
}

#[test]
fn a_long_element_is_shown_in_part() {
    let long = "é<".repeat(5_000).replace('<', "&lt;");
    let name = "n".repeat(5_000);
    let cases = [
        format!("<a>{long}</a>"),
        format!("<a b='{long}'>x<c/></a>"),
        format!("<a xmlns='{long}'>x<c/></a>"),
        format!("<{name}>x<c/></{name}>"),
        format!("<a>{}</a>", "<b>y</b>".repeat(1_000)),
        format!("<a><{name}/><c/></a>"),
        format!("{}{}", "<abcdefghijklmnopq>".repeat(32), "</abcdefghijklmnopq>".repeat(32)),
    ];
    for case in cases {
        let document = parse(&case).unwrap();
        let mut out = String::new();
        document.root().write_to(&mut out);
        assert!(out.len() <= 1_100, "{} bytes", out.len());
        let shown = parse(&out).unwrap_or_else(|error| panic!("{out}: {error}"));
        assert!(document.root().name().starts_with(shown.root().name()));
    }
}
