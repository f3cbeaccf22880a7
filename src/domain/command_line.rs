//! Command lines as a program shows them: each made from what was asked for, never written by hand.

/// A text as a shell reads it: quoted where it has more than letters, digits and the signs that mean nothing there.
#[must_use]
pub fn shell(text: &str) -> String {
    if !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "@.-_+:".contains(c)) {
        return text.to_owned();
    }
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    if text.contains('\n') {
        // A line of a screen has no line ends: the shell makes them.
        let escaped = text.replace('\\', "\\\\").replace('\n', "\\n");
        return format!("\"$(printf %b {})\"", quoted(&escaped));
    }
    quoted(text)
}

/// A command line: the command's words, its arguments with their values (nothing for one that is a switch), and what it
/// is about.
#[must_use]
pub fn command_line(words: &[&str], arguments: &[(&str, Option<String>)], objects: &[&str]) -> String {
    let mut line = String::from("rsvp");
    let mut add = |text: &str| {
        line.push(' ');
        line.push_str(text);
    };
    for word in words {
        add(word);
    }
    // What begins with a hyphen would be read as an argument.
    let hyphen = objects.iter().any(|object| object.starts_with('-'));
    if !hyphen {
        for object in objects {
            add(&shell(object));
        }
    }
    for (name, value) in arguments {
        match value {
            None => add(name),
            Some(value) if value.starts_with('-') => add(&format!("{name}={}", shell(value))),
            Some(value) => add(&format!("{name} {}", shell(value))),
        }
    }
    if hyphen {
        add("--");
        for object in objects {
            add(&shell(object));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        let name = |name: &str| [("--name", Some(name.to_owned())), ("--no-workspaces", None)];
        let line = command_line(&["invite"], &name("Zoë O'Neil"), &["a@b.example"]);
        assert_eq!(line, "rsvp invite a@b.example --name 'Zoë O'\\''Neil' --no-workspaces");
        let line = command_line(&["invite"], &name("-x"), &["-a@b.example"]);
        assert_eq!(line, "rsvp invite --name=-x --no-workspaces -- -a@b.example");
        assert_eq!(shell(""), "''");
    }
}
