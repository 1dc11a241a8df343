"""The ``portal`` command as operators and auditors type it: a real process each time."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.platforms import Processes
from tests.support import launcher
from tests.support.demo_run import PORTAL, DemoRun, plain_environment
from tests.support.import_path import import_path
from tests.support.launcher import PortalProcess

Portal = Callable[..., subprocess.CompletedProcess[str]]
OLDER = """ma_ho_so,viec,luc,can_bo
A1,Trả kết quả,2015-03-04 08:00,cb2
A1,Nộp,2015-03-01 08:00,cb1
A2,Nộp,2015-03-02 08:00,cb1
A2,Nộp,2015-03-02 08:00,cb1
A2,Thẩm định,không rõ,cb1
"""
ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "services/applications/verification/README.md"
VERIFIER = ROOT / "services/applications/verification/verifier.py"
MAPPING = "case: ma_ho_so\nactivity: viec\ntimestamp: luc\nresource: can_bo\n"


@pytest.fixture
def portal(demo_run: DemoRun) -> Portal:
    """``portal("history", REF)`` on the demo's folder, giving the finished process; ``home=`` for another folder."""

    def run(*typed: str, home: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        surroundings = plain_environment(home or demo_run.folder, **env)
        return launcher.run([*typed], surroundings, timeout=280)

    return run


@pytest.fixture(scope="module")
def bundle(demo_run: DemoRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The evidence of the demo's application, as an auditor takes it away."""
    file = tmp_path_factory.mktemp("auditor") / "evidence.json"
    command = [*PORTAL, "evidence", demo_run.reference, "--output", str(file)]
    done = subprocess.run(
        command, env=plain_environment(demo_run.folder), capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr
    return file


def output_of(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout)


def refused(done: subprocess.CompletedProcess[str], status: int) -> str:
    """The one line a command ended with."""
    assert done.returncode == status, done.stdout[-2000:] + done.stderr[-2000:]
    (line,) = done.stderr.splitlines()
    assert line.startswith("portal: ")
    return line


# What a demo left behind


def test_the_demo_ends_with_the_verifier_naming_the_event_that_was_changed_in_a_copy(demo_run):
    before, change, after = [step for step in demo_run.steps if step["part"] == 8]
    assert before["facts"]["verdict"].startswith("TOÀN VẸN")
    assert f"sự kiện {change['facts']['event']}," in after["facts"]["verdict"]


def test_a_machine_whose_locale_is_not_utf_8_is_spoken_to_in_utf_8(demo_run, bundle, tmp_path):
    """As where LANG names a Latin-1 locale: files and output would be in it."""
    latin = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    arguments = [
        ([*PORTAL, "explain", str(bundle)], "hẹn"),
        ([*PORTAL, "verify", str(bundle)], "TOÀN VẸN"),
        ([sys.executable, "-I", str(VERIFIER), "bundle", str(bundle)], "TOÀN VẸN"),
    ]
    for command, output in arguments:
        env = plain_environment(tmp_path, **latin)
        done = subprocess.run(command, env=env, capture_output=True, timeout=280, check=False)
        assert done.returncode == 0 and output in done.stdout.decode(), done.stderr.decode("utf-8", "replace")


def test_a_reference_gives_the_history_and_the_state_at_an_instant(demo_run, portal):
    items = output_of(portal("history", demo_run.reference, "--json", "--purpose", "kiểm tra định kỳ"))["items"]
    assert [item["version"] for item in items] == list(range(1, len(items) + 1))
    submitted = next(item for item in items if item["kind"] == "Submitted")
    then = output_of(portal("state", demo_run.reference, "--at", submitted["at"]))
    assert (then["status"], then["version"]) == ("submitted", submitted["version"])


def test_an_evidence_file_answers_without_any_server(demo_run, portal, bundle, tmp_path):
    nowhere = {"home": tmp_path, "AMQP_URI": "amqp://127.0.0.1:9/"}
    items = output_of(portal("history", str(bundle), "--json", **nowhere))["items"]
    assert items[-1]["status"] == "result_returned"
    assert output_of(portal("state", str(bundle), "--version", "4", **nowhere))["status"] == "submitted"
    changes = output_of(portal("diff", str(bundle), "3", "4", "--json", **nowhere))["changes"]
    assert {"field": "/status", "before": "draft", "after": "submitted"} in changes
    explained = output_of(portal("explain", str(bundle), "--json", **nowhere))
    online = output_of(portal("explain", demo_run.reference, "--json"))
    assert explained == {name: online[name] for name in explained}  # whatever days lie between
    table = portal("explain", str(bundle), **nowhere).stdout
    assert {"start", "counted", "weekend"} <= {mark for day in explained["days"] for mark in day["marks"]}
    assert all(day["date"] in table and day["kind"] in table for day in explained["days"])
    assert "Submitted" in portal("export", "--bundle", str(bundle), "--format", "xes", **nowhere).stdout
    report = tmp_path / "report.html"
    assert portal("report", str(bundle), "--output", str(report), **nowhere).returncode == 0
    assert demo_run.reference in report.read_text() and "Nhật ký niêm phong" in report.read_text()


def test_an_evidence_file_answers_what_the_platform_answers(demo_run, portal, bundle):
    arguments = (demo_run.reference, str(bundle))
    there, here = (output_of(portal("diff", entry, "1", "14", "--json")) for entry in arguments)
    for answer in (there, here):
        answer["changes"].sort(
            key=lambda entry: str(entry["field"])
        )  # an evidence file keeps answers in canonical order
    assert here == there and len(there["events"]) == 13 and len(there["changes"]) > 50


def test_a_bundle_verifies_and_a_changed_one_does_not(portal, bundle, tmp_path):
    assert output_of(portal("verify", str(bundle), "--json", home=tmp_path))["ok"]
    changed = json.loads(bundle.read_text())
    changed["events"][3]["version"] = 7
    (tmp_path / "changed.json").write_text(json.dumps(changed))
    done = portal("verify", str(tmp_path / "changed.json"), home=tmp_path, PORTAL_LANGUAGE="en")
    assert done.returncode == 1, done.stdout
    assert "NOT INTACT" in done.stdout and "leaf 3" in done.stdout
    key = "portal.invalid/applications+00000000+" + "A" * 44
    assert portal("verify", str(bundle), "--key", key, home=tmp_path).returncode == 2


def test_the_store_verifies_itself_and_a_changed_copy_names_the_event(demo_run, portal, tmp_path):
    complete = output_of(portal("verify", "--json"))
    assert complete["ok"] and complete["keys_given"] and complete["read_model"]["first_bad"] is None
    copy = tmp_path / "copy"
    shutil.copytree(demo_run.folder, copy)
    with closing(sqlite3.connect(copy / "applications.sqlite")) as store, store:
        for (name,) in list(store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
            store.execute(f'DROP TRIGGER "{name}"')
        store.execute(
            "UPDATE stored_events SET state = CAST(replace(state, 'citizen', 'citizeN') AS BLOB) WHERE rowid = 2"
        )
    done = portal("verify", home=copy, PORTAL_LANGUAGE="en")
    assert done.returncode == 1
    assert "event 2," in done.stdout and "a stored event was changed after it was sealed (state)" in done.stdout


def test_a_changed_row_of_what_people_are_shown_is_found_and_a_rebuild_puts_it_right(demo_run, portal, tmp_path):
    copy = tampered(demo_run, tmp_path / "copy")
    result = portal("verify", home=copy, PORTAL_LANGUAGE="en")
    assert result.returncode == 1
    assert "what is shown differs from what was recorded" in result.stdout and "result_returned" in result.stdout
    compared = output_of(portal("rebuild", "applications", "--no-swap", "--json", home=copy))
    assert (compared["differing"], compared["swapped"]) == (1, False)
    assert "result_returned" in portal("rebuild", "applications", home=copy).stdout
    assert portal("verify", home=copy).returncode == 0


def tampered(demo_run: DemoRun, copy: Path) -> Path:
    """A copy of the demo in which one row of what people are shown is wrong."""
    shutil.copytree(demo_run.folder, copy)
    with closing(sqlite3.connect(copy / "applications.sqlite")) as store, store:
        store.execute("UPDATE application_view SET status = 'rejected'")
    return copy


def at_a_terminal(home: Path, *typed: str, answer: str = "") -> str:
    """What a person at a terminal sees of a command that ends well; ``answer`` is typed when it asks."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PORTAL, *typed], env=plain_environment(home), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    collected, request = b"", False
    with suppress(OSError):  # the terminal closes when the command ends
        while chunk := os.read(ours, 4096):
            collected += chunk
            if b"[y/N]" in collected and not request:
                request = True
                os.write(ours, answer.encode() + b"\n")
    os.close(ours)
    assert process.wait(240) == 0, collected.decode("utf-8", "replace")
    assert request == bool(answer)
    return collected.decode("utf-8", "replace")


@pytest.mark.parametrize(("answer", "outcome"), [("n", "not swapped"), ("y", "swapped")])
def test_at_a_terminal_a_rebuild_shows_the_difference_and_asks(demo_run, portal, tmp_path, answer, outcome):
    copy = tampered(demo_run, tmp_path / "copy")
    collected = at_a_terminal(copy, "rebuild", "applications", answer=answer)
    assert collected.index("1 differing") < collected.index("[y/N]") < collected.index(outcome)
    assert ("not swapped" in collected) == (answer == "n")
    assert portal("verify", home=copy).returncode == (1 if answer == "n" else 0)


@pytest.mark.parametrize(("option", "outcome"), [("--no-swap", 1), ("--swap", 0)])
def test_at_a_terminal_an_option_is_the_answer(demo_run, portal, tmp_path, option, outcome):
    copy = tampered(demo_run, tmp_path / "copy")
    assert "1 differing" in at_a_terminal(copy, "rebuild", "applications", option)
    assert portal("verify", home=copy).returncode == outcome


def test_what_the_desk_is_shown_is_recorded(demo_run, portal, tmp_path):
    before = _outbox_events(demo_run)
    arguments = ("report", demo_run.reference, "--output", str(tmp_path / "one.pdf"), "--purpose", "đơn khiếu nại số 7")
    assert portal(*arguments).returncode == 0 and (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
    assert portal("export", "--output", str(tmp_path / "log.jsonl")).returncode == 0
    new = _outbox_events(demo_run)[len(before) :]
    assert [kind for kind, _ in new] == ["application_read.v1", "history_exported.v1"]
    assert new[0][1]["purpose"] == "đơn khiếu nại số 7" and new[0][1]["by"]["role"] == "auditor"


def _outbox_events(demo_run: DemoRun) -> list[tuple[str, dict[str, Any]]]:
    """What the store has published next to its histories, as it is in the outbox."""
    with closing(sqlite3.connect(demo_run.folder / "applications.sqlite")) as store:
        rows = list(store.execute("SELECT type, data FROM outbox ORDER BY position"))
    return [(kind, json.loads(data)) for kind, data in rows]


def test_findings_cite_their_events_on_the_platform_and_in_an_evidence_file(demo_run, portal, bundle):
    """The demo's approver decides within a second of the proposal: no paper can have been opened."""
    there, here = (
        output_of(portal("findings", variant, "--json"))["items"] for variant in (demo_run.reference, str(bundle))
    )
    [result] = there
    assert result["kind"] == "approved_unread" and [event["version"] for event in result["events"]] == [11, 12]
    assert here == [{name: value for name, value in result.items() if name not in ("number", "found_at")}]
    assert "faster than the papers" in portal("findings", "--kind", "approved_unread", PORTAL_LANGUAGE="en").stdout


def test_the_auditors_guide_goes_from_nothing_to_a_verified_bundle_in_five_commands(demo_run, tmp_path):
    """As it is written, but for what needs the network: the demo that is kept, and an environment with its library."""
    block = re.search(r"## From nothing.*?```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    demo, *commands = block.group(1).strip().splitlines()
    assert demo == 'make demo ARGS="--keep kept"' and len(commands) == 4
    (tmp_path / "kept").symlink_to(demo_run.folder)
    (tmp_path / "services").symlink_to(ROOT / "services")
    here = {
        ".venv/bin/portal": " ".join(PORTAL),
        "python3 -m venv auditor && auditor/bin/pip install cryptography": "mkdir auditor",
        "auditor/bin/python": f"{sys.executable} -I",
    }
    env = plain_environment(tmp_path, REF=demo_run.reference, PYTHONPATH=import_path())
    for command in commands:
        typed = command
        for text, meant in here.items():
            typed = typed.replace(text, meant)
        done = subprocess.run(
            ["bash", "-c", typed], check=False, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=280
        )
        assert done.returncode == 0, f"{typed}\n{done.stdout}{done.stderr}"
    assert done.stdout.startswith("TOÀN VẸN") and "CHÚ Ý" not in done.stdout


def test_the_whole_log_is_exported_with_progress(demo_run, portal, tmp_path):
    done = portal("export", "--format", "jsonl", "--output", str(tmp_path / "log.jsonl"))
    assert done.returncode == 0 and "events" in done.stderr
    events = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert {"application_submitted.v1", "result_returned.v1"} <= {event["type"] for event in events}


def test_an_older_history_is_taken_in_once(portal, tmp_path):
    (tmp_path / "older.csv").write_text(OLDER)
    (tmp_path / "map.yaml").write_text(MAPPING)
    typed = ["import-history", str(tmp_path / "older.csv"), "--mapping", str(tmp_path / "map.yaml"), "--json"]
    first = output_of(portal(*typed, home=tmp_path / "home"))
    assert portal("verify", home=tmp_path / "home").returncode == 0  # sealed before the command ended
    again = output_of(portal(*typed, home=tmp_path / "home"))
    assert (first["cases"], first["added"], first["duplicates"]) == (2, 4, 1)
    assert [bad["line"] for bad in first["bad"]] == [6]
    assert (again["added"], again["already_there"]) == (0, 4)
    activities = output_of(portal("history", "older/A1", "--json", home=tmp_path / "home"))["items"][1:]
    assert [activity["facts"]["activity"] for activity in activities] == ["Nộp", "Trả kết quả"]
    assert "6 events, 6 leaves" in portal("verify", home=tmp_path / "home", PORTAL_LANGUAGE="en").stdout


def test_an_import_shows_its_progress_to_whoever_watches_and_to_nobody_else(portal, tmp_path):
    (tmp_path / "older.csv").write_text(OLDER)
    (tmp_path / "map.yaml").write_text(MAPPING)
    typed = ["import-history", str(tmp_path / "older.csv"), "--mapping", str(tmp_path / "map.yaml")]
    assert "reading" not in portal(*typed, home=tmp_path / "home").stderr
    for request, watched in ((typed, True), ([*typed, "--json"], False)):
        master, terminal = pty.openpty()
        env = plain_environment(tmp_path / "home", TERM="xterm", COLUMNS="120")
        done = subprocess.run(
            [*PORTAL, *request], check=False, env=env, stdout=subprocess.PIPE, stderr=terminal, timeout=280
        )
        os.write(terminal, b"\n")  # so that there is something to read in any case
        view = os.read(master, 1 << 16).decode()
        for end in (terminal, master):
            os.close(end)
        assert done.returncode == 0 and ("storing events" in view) == watched


def test_records_are_imported_into_a_fresh_installation(portal, tmp_path):
    records = tmp_path / "records.jsonl"
    records.write_text('{"ma_thu_tuc": "1.000001"}\nbroken\n')
    summary = output_of(portal("catalog", "import", str(records), "--json", home=tmp_path / "home"))
    assert [bad["line"] for bad in summary["bad_lines"]][-1] == 2


def test_a_refusal_is_one_line_in_the_language_asked_for(portal):
    assert "Application NOPE" in refused(portal("history", "NOPE", PORTAL_LANGUAGE="en"), 1)


def test_a_missing_setting_is_named(portal, tmp_path):
    database = {"CATALOG_DATABASE_URL": f"sqlite:///{tmp_path}/catalog.sqlite"}
    for typed, name in ((["history", "X"], "PORTAL_TOKEN"), (["migrate"], "IDENTITY_DATABASE_URL")):
        assert f"Setting {name} is missing" in refused(portal(*typed, home=tmp_path, **database), 78)


def test_dead_letters_are_listed_shown_replayed_and_dropped(demo_run, portal, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(demo_run.folder, copy)
    _keep_letters(copy)
    assert [letter["id"] for letter in output_of(portal("dead-letters", "list", "--json", home=copy))] == [1, 2]
    assert output_of(portal("dead-letters", "show", "notifications", "1", home=copy))["body"]["id"] == "test:1"
    again = output_of(portal("dead-letters", "replay", "notifications", "1", home=copy))
    assert again["outcome"] == "dead again"  # its event fits no contract, and it waits anew
    dropped = portal("dead-letters", "drop", "notifications", "2", "--reason", "không còn hồ sơ", home=copy)
    assert output_of(dropped)["id"] == 2
    assert [letter["id"] for letter in output_of(portal("dead-letters", "list", "--json", home=copy))] == [3]


def _keep_letters(home: Path) -> None:
    """Two dead letters, of an event that no handler can handle."""
    with closing(sqlite3.connect(home / "notifications.sqlite")) as store, store:
        queue = "evt-applications-application_submitted.v1--notifications.tell_application_submitted"
        columns = (
            "consumer, message_id, routing, headers, body, content_type, error, attempts, first_at, last_at, state"
        )
        for number in (1, 2):
            body = json.dumps({"id": f"test:{number}", "type": "application_submitted.v1", "data": {}}).encode()
            store.execute(
                f"INSERT INTO dead_letter ({columns}) VALUES (?, ?, '{{}}', '{{}}', ?, 'application/json', 'x', 6, "
                "'2026-01-01 00:00:00', '2026-01-01 00:00:00', 'waiting')",
                (queue, f"test:{number}", body),
            )


def test_the_doctor_says_what_the_embedded_default_is(portal):
    done = portal("doctor")
    assert done.returncode == 0
    assert "embedded default" in done.stdout and "ok    applications database" in done.stdout


def test_the_doctor_names_every_missing_setting(portal, tmp_path):
    done = portal("doctor", "--json", home=tmp_path, AMQP_URI="amqp://127.0.0.1:9/", PORTAL_ENVIRONMENT="development")
    findings = json.loads(done.stdout)
    assert done.returncode == 78
    named = " ".join(finding["looked_at"] for finding in findings if finding["verdict"] == "setting")
    assert all(f"{name}_DATABASE_URL" in named for name in ("IDENTITY", "CATALOG", "PAYMENTS"))
    assert any(finding["looked_at"].startswith("broker") and finding["verdict"] == "fault" for finding in findings)


def test_the_embedded_platform_runs_until_term_and_a_second_term_changes_nothing(demo_run, tmp_path):
    processes = Processes(plain_environment(tmp_path / "home"), tmp_path)
    processes.start("all")
    processes.wait_ready()
    _ask_twice(processes.running["all"])
    assert processes.stop_all() == {"all": 0}
    assert '"event": "stopped"' in processes.log("all")


# On real servers


@pytest.fixture(scope="module")
def one_service(
    broker_server: Any, database_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    """Broker and database of the catalogue alone, migrated."""
    folder = tmp_path_factory.mktemp("one-service")
    database = database_server.make("catalog")
    with broker_server.virtual_host() as uri:
        own = {"AMQP_URI": uri, "CATALOG_DATABASE_URL": database, "PORTAL_ENVIRONMENT": "development"}
        processes = Processes(plain_environment(folder / "home", **own), folder)
        processes.portal("migrate", "catalog")
        yield processes
    database_server.drop(database)


@pytest.mark.parametrize("kind", [["catalog"], ["catalog", "--follower"]])
def test_a_service_on_real_servers_stops_once_however_often_it_is_asked(one_service, kind):
    one_service.running.clear()
    name = " ".join(kind)
    one_service.start(name, *kind)
    one_service.wait_ready()
    _ask_twice(one_service.running[name])
    assert one_service.stop_all() == {name: 0}


def test_without_a_broker_a_service_waits_and_then_gives_up(one_service):
    env = {**one_service.env, "AMQP_URI": "amqp://127.0.0.1:9/", "START_PATIENCE": "2"}
    started = time.monotonic()
    command = [*PORTAL, "run", "catalog"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 75 and time.monotonic() - started >= 2
    assert '"waiting_for": "broker"' in done.stderr and "wait_timed_out" in done.stderr


def test_a_missing_setting_stops_a_service_before_it_waits(one_service):
    done = subprocess.run(
        [*PORTAL, "run", "identity"], env=one_service.env, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 78
    assert "IDENTITY_DATABASE_URL" in done.stderr.splitlines()[-1]


def test_the_doctor_sees_what_is_migrated_and_what_is_not(one_service, fresh_database):
    env = {**one_service.env, "PAYMENTS_DATABASE_URL": fresh_database("payments")}
    done = subprocess.run([*PORTAL, "doctor"], env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 78
    assert "ok    catalog database" in done.stdout
    assert "payments database is not up to date  → run portal migrate" in done.stdout
    assert "queues missing" in done.stdout


def _ask_twice(process: PortalProcess) -> None:
    process.send_signal(signal.SIGTERM)
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
