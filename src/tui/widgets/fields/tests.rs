//! What keys do to the fields of a form.

use super::*;

fn press(fields: &mut Fields, code: KeyCode) -> Answer {
    fields.key(&Keymap::default(), KeyEvent::from(code))
}

fn nothing_wrong() -> Check {
    Box::new(|_| None)
}

#[test]
fn what_is_typed_narrows_a_choice_and_the_arrows_stay_within() {
    let items = ["English", "Deutsch", "Fran\u{e7}ais", "Dansk"].map(str::to_owned).to_vec();
    let mut fields = Fields::new(vec![Field::choice("Language", items, 0)]);
    press(&mut fields, KeyCode::Char('d'));
    assert_eq!(fields.all[0].choice, 1);
    press(&mut fields, KeyCode::Right);
    assert_eq!(fields.all[0].choice, 3);
    press(&mut fields, KeyCode::Right);
    assert_eq!(fields.all[0].choice, 1);
    press(&mut fields, KeyCode::Char('x'));
    assert_eq!(fields.all[0].input.value(), "d", "nothing is called so");
    press(&mut fields, KeyCode::Backspace);
    for c in "franc".chars() {
        press(&mut fields, KeyCode::Char(c));
    }
    assert_eq!(fields.all[0].choice, 2, "without accents");
}

#[test]
fn several_lines_are_typed_and_the_arrows_leave_at_the_ends() {
    let note = Field::text("Name", "", nothing_wrong());
    let mut fields = Fields::new(vec![note, Field::lines("Message", nothing_wrong())]);
    press(&mut fields, KeyCode::Tab);
    for code in [KeyCode::Char('a'), KeyCode::Enter, KeyCode::Char('b'), KeyCode::Up] {
        assert_eq!(press(&mut fields, code), Answer::Stays);
    }
    assert_eq!((fields.value(1).as_str(), fields.focus), ("a\nb", 1));
    press(&mut fields, KeyCode::Up);
    assert_eq!(fields.focus, 0);
    press(&mut fields, KeyCode::Tab);
    fields.paste(" and\r\nmore");
    assert_eq!(fields.value(1), "a and\nmore\nb");
}

#[test]
fn ten_thousand_pasted_lines_are_cut_at_what_a_field_takes() {
    let mut fields =
        Fields::new(vec![Field::text("Name", "", nothing_wrong()), Field::lines("Message", nothing_wrong())]);
    let many = "line after line\n".repeat(10_000);
    for focus in [0, 1] {
        fields.focus = focus;
        fields.paste(&many);
        assert_eq!(fields.value(focus).chars().count(), MOST);
    }
    assert!(!fields.value(0).contains('\n'));
}
