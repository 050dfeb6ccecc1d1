"""The forms before there is a session, and the strength that a page shows of a new password."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mewayz.backend.passwords import RULE, problem_of
from mewayz.cli.project import toolchain
from mewayz.domains.auth.account_pages import forgot_page, invitation_page, register_page, resend_page, reset_page, verify_page
from mewayz.domains.auth.pages import login_page, setup_page
from mewayz.domains.auth.security_pages import security_page
from mewayz.domains.users.pages import new_user_page
from mewayz.ui.form_field import Field
from mewayz.ui.session import session_form, strength_meter
from tests.services import ROOT

NAME, EMAIL = "Rosa Register", "rosette@shop.example"
PASSWORDS = [
    "short",
    "Sh0rt!",
    "lowercaseonly",
    "UPPERCASEONLY",
    "98317204615",
    "Kettle-77",
    "Kettle77x",
    "kettle-77",
    "Ten-brown-kettles-10",
    "the kettle sings at night",
    "Register-2031!",
    "my-Rosette-7!",
    "Mewayz-2031!x",
    "Ünï-côdé7",
    "чайник-Поёт-7",
]


def judged(*passwords: str) -> list[dict[str, object]]:
    """What strength.js says of passwords, as Node runs it."""
    script = (ROOT / "assets" / "strength.js").read_text()
    program = f"{script}\nconst all = {json.dumps(passwords)};\n"
    program += f"console.log(JSON.stringify(all.map((one) => strengthOf(one, {json.dumps(NAME)}, {json.dumps(EMAIL)}))));"
    environment = toolchain()
    node = shutil.which("node", path=environment["PATH"])
    assert node
    done = subprocess.run([node, "--input-type=module", "-"], input=program, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_page_and_the_server_say_the_same_of_a_password() -> None:
    for password, found in zip(PASSWORDS, judged(*PASSWORDS), strict=True):
        problem = problem_of(password, NAME, EMAIL)
        if problem is None:
            assert found["score"] in (3, 4), password
        else:
            assert found["score"] in (1, 2), password
            assert found["advice"] == problem, password


def test_more_of_a_password_is_never_less_strong() -> None:
    scores = [found["score"] for found in judged(*["Kettle-sings 7 songs"[:length] for length in range(21)])]
    assert scores[0] == 0
    assert scores == sorted(scores)  # pyright: ignore
    assert scores[-1] == 4


@pytest.mark.parametrize(
    "page", [login_page, setup_page, register_page, resend_page, verify_page, forgot_page, reset_page, invitation_page]
)
def test_a_form_posts_and_has_no_script_in_it(page: object) -> None:
    drawn = str(page())  # pyright: ignore
    assert "onSubmit" not in drawn, "it would go through the websocket"
    assert 'method:"post"' in drawn
    assert 'role:"alert"' in drawn


def test_a_failed_sign_in_offers_everybody_the_way_to_a_new_link() -> None:
    drawn = str(login_page())
    assert (
        "hidden:true"
        in drawn.split("Registered but not confirmed yet?")[0][-400:] + drawn.split("Registered but not confirmed yet?")[1][:600]
    )
    assert 'href:"/resend"' in drawn
    script = (ROOT / "assets" / "identity.js").read_text()
    assert 'error.status === 401 && form.parentElement.querySelector("[data-hint]")' in script


FORM = """
const control = (name, more) => Object.assign(Object.create(HTMLElement.prototype), {
  name, value: "", dataset: {}, attributes: {}, setAttribute(key, value) { this.attributes[key] = value; },
  getAttribute(key) { return this.attributes[key]; }, focus() { focused.push(name); }, select() {},
  matches: () => false, ...more });
globalThis.HTMLElement = class {};
globalThis.CSS = { escape: (text) => text };
const focused = [], sent = [];
const bars = [1, 2, 3, 4].map(() => ({ style: { backgroundColor: "var(--success)" } }));
const advice = { textContent: "Strong.", dataset: { advice: "At least 8" } };
const meter = {
  dataset: { strength: "password" },
  querySelector: (asked) => (asked === "[data-bars]" ? { children: bars } : advice),
};
function form(kind, ...controls) {
  const places = controls.map(({ name }) => ({ dataset: { errorFor: name }, hidden: true, textContent: "" }));
  const button = control("");
  controls.namedItem = (name) => controls.find((one) => one.name === name) ?? null;
  const one = {
    dataset: { session: kind }, elements: controls, places, matches: () => true,
    parentElement: { querySelector: () => null },
    querySelectorAll: () => places,
    querySelector(asked) {
      if (asked === "button[type=submit]") return button;
      if (asked.startsWith("[data-strength")) return kind === "reset" && !asked.includes("confirm") ? meter : null;
      return places.find(({ dataset }) => asked.includes(`"${dataset.errorFor}"`)) ?? null;
    },
  };
  for (const each of controls) each.form = one;
  return one;
}
"""


def ran(folder: Path, program: str) -> Any:
    """What a program prints that has the functions of identity.js, and forms that are no browser's."""
    for name in ("identity.js", "strength.js"):
        (folder / name).with_suffix(".mjs").write_text((ROOT / "assets" / name).read_text().replace("/${name}.js", "./${name}.mjs"))
    program = f"{FORM}\nconst {{ on, started }} = await import({json.dumps((folder / 'identity.mjs').as_uri())});\n{program}"
    environment = toolchain()
    node = shutil.which("node", path=environment["PATH"])
    assert node
    done = subprocess.run([node, "--input-type=module", "-"], input=program, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_code_is_sent_once_however_often_it_is_submitted(tmp_path: Path) -> None:
    program = """
      let status = 401;
      globalThis.send = async (path, body) => { sent.push(body.code); return { error: { message: "No.", status } }; };
      started.challenge = "c";
      const one = form("challenge", control("code", { value: "123456" }));
      await Promise.all([on("submit", one), on("submit", one)]);
      await on("submit", one);
      one.elements[0].value = "654321";
      status = 500;
      await on("submit", one);
      await on("submit", one);
      console.log(JSON.stringify(sent));
    """
    assert ran(tmp_path, program) == ["123456", "654321", "654321"], "what nobody has judged may be sent again"


def test_the_way_back_keeps_what_was_entered_except_passwords(tmp_path: Path) -> None:
    program = """
      const told = [];
      const password = control("password", { value: "Kettle-77", dispatchEvent: ({ type }) => told.push(type) });
      const email = control("email", { value: "ada@example.com" });
      const entry = { dataset: { step: "form" }, hidden: true, querySelector: () => null, querySelectorAll: () => [password] };
      const sentStep = { dataset: { step: "sent" }, hidden: false };
      globalThis.document = { querySelectorAll: () => [entry, sentStep] };
      const button = { closest: (asked) => (asked === "[data-back]" ? { dataset: { back: "form" } } : null) };
      await on("click", button);
      console.log(JSON.stringify([entry.hidden, sentStep.hidden, password.value, email.value, told]));
    """
    assert ran(tmp_path, program) == [False, True, "", "ada@example.com", ["input"]]


def test_a_weak_password_is_marked_and_focused_beside_a_repetition_that_differs(tmp_path: Path) -> None:
    program = """
      globalThis.send = async () => ({ error: { message: "Check it.", status: 422, fields: { body: "the two passwords differ" } } });
      const password = control("password", { value: "short" });
      const again = control("confirmPassword", { value: "shorter", dataset: { repeats: "password" } });
      const one = form("reset", password, again);
      await on("submit", one);
      await on("focusin", password);
      const marks = [password, again].map((each) => each.attributes["aria-invalid"]);
      const said = [one.places[0].textContent, advice.textContent, ...bars.map(({ style }) => style.backgroundColor)];
      await on("input", password);
      console.log(JSON.stringify([focused, marks, said, password.attributes["aria-invalid"], advice.textContent]));
    """
    assert ran(tmp_path, program) == [
        ["password"],
        ["true", "true"],
        ["Use at least 8 characters.", "", "", "", "", ""],
        "false",
        "Use at least 8 characters.",
    ]


def test_a_control_is_described_by_its_help_and_its_error() -> None:
    drawn = str(session_form("login", [Field("shop", "Shop", help="Its name.")], verb="Go", values={"shop": "Corner"}))
    assert '"aria-describedby":"field_shop_error field_shop_help"' in drawn
    assert 'defaultValue:"Corner"' in drawn
    assert "(optional)" in drawn


def test_the_rule_about_passwords_is_told_once_and_alike() -> None:
    for page in (setup_page, register_page, reset_page, invitation_page, security_page, new_user_page):
        drawn = str(page())
        shown = re.sub(r'"data-advice":"[^"]*"', "", drawn)  # with which the meter begins anew
        assert shown.count(RULE) == 1
        assert shown.count("At least 8") == 1


def test_a_meter_starts_with_what_is_needed() -> None:
    drawn = str(strength_meter("password"))
    assert "At least 8 characters" in drawn
    assert '"aria-live":"polite"' in drawn
    assert 'id:"strength_password"' in drawn
