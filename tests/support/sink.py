"""A mail server for tests: takes every mail on a free loopback port and tells of it.

    python sink.py FOLDER [--login USER PASSWORD] [--certificate CERT KEY]

The first line on stdout is {"port": N}. Each accepted mail becomes FOLDER/0001.eml, byte for byte as it came, and one
line of JSON on stdout. With --login nobody may send unauthenticated; with --certificate STARTTLS is offered.

The recipient's address decides what a mail meets, so that a test needs no second server:
    anything+554@…   refused at RCPT with that code (any code from 400 to 599)
    anything+d451@…  refused after the final dot with that code
"""

import argparse
import email
import email.policy
import json
import os
import re
import signal
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


def refusal(address, stage):
    """The code with which this address is refused at a stage ('' is RCPT, 'd' is the final dot), or None."""
    found = re.search(r"\+%s([45]\d\d)@" % stage, address)
    return found and f"{found.group(1)} refused by the test's mail server"


class Sink:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        code = refusal(address, "")
        if code:
            return code
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        for address in envelope.rcpt_tos:
            code = refusal(address, "d")
            if code:
                return code
        self.count += 1
        name = os.path.join(self.folder, f"{self.count:04}.eml")
        with open(name, "wb") as file:
            file.write(envelope.original_content or envelope.content)
        say(describe(name, envelope))
        return f"250 OK: queued as {self.count}"


def describe(name, envelope):
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)

    def body(kind):
        part = message.get_body((kind,))
        return part.get_content() if part else ""

    return {
        "file": name,
        "from": envelope.mail_from,
        "to": envelope.rcpt_tos,
        "headers": [[key, str(value)] for key, value in message.items()],
        "text": body("plain"),
        "html": body("html"),
        "defects": [str(defect) for defect in message.defects],
    }


def say(what):
    print(json.dumps(what), flush=True)


class OnAnyPort(Controller):
    """aiosmtpd waits for a first connection to the port it was told; here the system chose another."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--login", nargs=2)
    parser.add_argument("--certificate", nargs=2)
    wanted = parser.parse_args()

    options = {}
    if wanted.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*wanted.certificate)
        options["tls_context"] = context
    if wanted.login:
        user, password = (part.encode() for part in wanted.login)

        def check(server, session, envelope, mechanism, data):
            # Without `handled=False` it answers nothing to a wrong password.
            return AuthResult(success=data.login == user and data.password == password, handled=False)

        options.update(authenticator=check, auth_required=True, auth_require_tls=bool(wanted.certificate))

    controller = OnAnyPort(Sink(wanted.folder), hostname="127.0.0.1", port=0, enable_SMTPUTF8=True, **options)
    controller.start()
    say({"port": controller.port})

    # Ends with the test: on a signal, and when the test's end of stdin is gone.
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
    done.wait()
    controller.stop()


main()
