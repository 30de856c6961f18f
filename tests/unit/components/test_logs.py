"""The log file: what is written to it, in what form, and what never is."""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from eks_access import logs

SECRET = "k8s-aws-v1.aHR0cHM6Ly9zdHM"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "eks-access.log"
    logs.configure(file)
    yield file
    logs.stop()


def test_control_characters_are_shown(file: Path) -> None:
    logging.getLogger("eks_access").warning("read \x1b[2J\u202ename\nforged")
    assert "read ␛[2J�name\n    forged\n" in file.read_text()


def test_a_record_has_the_time_in_utc_the_level_and_the_logger(file: Path) -> None:
    record = logging.LogRecord("eks_access.x", logging.DEBUG, "x.py", 1, "read %s", ("aws-auth",), None)
    record.created, record.msecs = 1_764_435_600.25, 250.0
    logging.getLogger("eks_access").handle(record)
    assert file.read_text() == f"2025-11-29T17:00:00.250Z DEBUG {os.getpid()} eks_access.x: read aws-auth\n"


def test_only_the_owner_can_read_the_file_even_if_it_was_there_before(tmp_path: Path) -> None:
    file = tmp_path / "old.log"
    file.write_text("before\n")
    file.chmod(0o644)
    logs.configure(file)
    logging.getLogger("eks_access").debug("after")
    logs.stop()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().startswith("before\n"), "records are appended"


@pytest.mark.parametrize(
    "package", ["eks_access", "eks_access_probe", "eks_access_policies", "eks_access_inventory", "eks_access_cli"]
)
def test_every_package_is_logged_at_debug(file: Path, package: str) -> None:
    logging.getLogger(f"{package}.some.module").debug("details")
    assert "details" in file.read_text()


def test_credentials_in_messages_arguments_and_tracebacks_are_masked(file: Path) -> None:
    log = logging.getLogger("eks_access.kubernetes")
    log.debug("the token %s", SECRET)
    try:
        raise RuntimeError(f"refused with {SECRET}")
    except RuntimeError:
        log.exception("failed with %s", SECRET)
    text = file.read_text()
    assert "Traceback" in text
    assert "RuntimeError: refused with [redacted]" in text
    assert SECRET not in text


def test_a_message_of_several_lines_cannot_look_like_several_records(file: Path) -> None:
    logging.getLogger("eks_access").debug("one\n2026-01-01T00:00:00.000Z INFO 1 eks_access: forged")
    assert [line[:4] for line in file.read_text().splitlines()][1] == "    "


def test_a_private_key_over_several_lines_is_masked_as_a_whole(file: Path) -> None:
    logging.getLogger("eks_access").debug("-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----")
    assert "hunter2" not in file.read_text()


def test_of_botocore_only_information_is_logged_and_never_what_is_sent_or_received(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logging.getLogger("botocore.credentials").info("found credentials")
    logging.getLogger("botocore.credentials").debug("quiet one")
    for name in ("auth", "endpoint", "parsers", "httpsession"):
        # Another part of the program may have turned these up.
        monkeypatch.setattr(logging.getLogger(f"botocore.{name}"), "level", logging.DEBUG)
        logging.getLogger(f"botocore.{name}").debug("quiet two")
        logging.getLogger(f"botocore.{name}").warning("quiet three")
    monkeypatch.setattr(logging.getLogger("botocore.hooks"), "level", logging.DEBUG)
    logging.getLogger("botocore.hooks").debug("quiet four")
    logging.getLogger("urllib3.connectionpool").warning("quiet five")
    text = file.read_text()
    assert "found credentials" in text
    assert "quiet" not in text


def test_configuring_again_logs_to_the_new_file_alone(file: Path, tmp_path: Path) -> None:
    logs.configure(tmp_path / "second.log")
    logging.getLogger("eks_access").debug("once")
    assert (tmp_path / "second.log").read_text().count("once") == 1
    assert file.read_text() == ""


def test_a_record_that_cannot_be_formatted_is_dropped_without_showing_its_arguments(
    file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    record = logging.LogRecord("eks_access", logging.DEBUG, "x.py", 1, "%d", (SECRET,), None)
    (handler,) = logging.getLogger("eks_access").handlers
    handler.handle(record)
    assert file.read_text() == ""
    assert capfd.readouterr() == ("", "")


def test_a_file_that_cannot_be_opened_is_reported_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing/x\.log"):
        logs.configure(tmp_path / "missing" / "x.log")


def test_the_environment_variable_turns_the_log_on(tmp_path: Path) -> None:
    logs.configure_from_environment({})
    assert not logging.getLogger("eks_access").handlers
    logs.configure_from_environment({logs.VARIABLE: str(tmp_path / "x.log")})
    logging.getLogger("eks_access").debug("on")
    logs.stop()
    assert "on" in (tmp_path / "x.log").read_text()


def test_stopping_leaves_the_loggers_as_they_were(tmp_path: Path) -> None:
    loggers = [logging.getLogger(name) for name in ("eks_access", "botocore")]
    before = [(logger.level, list(logger.handlers)) for logger in loggers]
    logs.configure(tmp_path / "x.log")
    assert [(logger.level, list(logger.handlers)) for logger in loggers] != before
    logs.stop()
    assert [(logger.level, list(logger.handlers)) for logger in loggers] == before
