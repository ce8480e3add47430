"""The folder of entries: whole or absent, one's own, and bounded."""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import time
from pathlib import Path

import pytest

from rete_engine.cache.folder import ABANDONED, ENDING, MARKED, Folder, default_folder

posix = pytest.mark.skipif(sys.platform == "win32", reason="of POSIX systems")

BODY = b'{"a": 1}' * 100


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "below" / "cache")


def only(folder: Folder) -> Path:
    (path,) = folder.path.glob(f"*{ENDING}")
    return path


def test_what_is_written_is_read(folder: Folder) -> None:
    assert folder.read("k") is None
    folder.write("k", BODY)
    assert folder.read("k") == BODY
    assert folder.read("other") is None
    folder.write("k", b"new")
    assert folder.read("k") == b"new"
    assert [path.name for path in folder.path.iterdir()] == [f"k{ENDING}"]


@posix
def test_nobody_else_can_read_or_write_it(folder: Folder) -> None:
    folder.write("k", BODY)
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert only(folder).stat().st_mode & 0o777 == 0o600


def test_a_part_is_nothing(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.write("k", BODY)
    path = only(folder)
    whole = path.read_bytes()
    for size in (0, 1, 50, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert folder.read("k") is None
    assert "is damaged" in caplog.text
    path.write_bytes(whole + b"x")
    assert folder.read("k") is None


def test_a_flipped_bit_is_noticed(folder: Folder) -> None:
    folder.write("k", BODY)
    path = only(folder)
    whole = bytearray(path.read_bytes())
    for place in range(0, len(whole), 7):
        whole[place] ^= 1 << place % 8
        path.write_bytes(whole)
        assert folder.read("k") is None
        whole[place] ^= 1 << place % 8
    path.write_bytes(whole)
    assert folder.read("k") == BODY


@posix
def test_what_others_may_write_to_is_not_used(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("k", BODY)
    only(folder).chmod(0o660)
    assert folder.read("k") is None
    assert "others may write to the entry" in caplog.text
    only(folder).chmod(0o600)
    folder.path.chmod(0o777)
    assert folder.read("k") is None
    assert "others may write to the folder" in caplog.text
    folder.write("k2", BODY)
    assert not (folder.path / f"k2{ENDING}").exists()
    folder.path.chmod(0o700)
    assert folder.read("k") == BODY


@posix
def test_what_belongs_to_others_is_not_used(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("k", BODY)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    assert folder.read("k") is None
    assert "belongs to another user" in caplog.text


@posix
def test_a_link_or_a_pipe_is_no_entry(folder: Folder, tmp_path: Path) -> None:
    folder.write("k", BODY)
    path = only(folder)
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert folder.read("k") is None
    path.unlink()
    os.mkfifo(path, 0o600)
    assert folder.read("k") is None


def test_a_folder_that_cannot_be_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("here")
    folder = Folder(tmp_path / "file" / "cache")
    folder.write("k", BODY)
    assert folder.read("k") is None
    assert "the rule set is not cached" in caplog.text


def test_a_full_disk_leaves_nothing_behind(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    folder.write("k", BODY)
    assert list(folder.path.iterdir()) == []


def test_it_stays_within_its_bounds(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "cache", most_bytes=5_000)
    for number in range(10):
        folder.write(f"k{number}", BODY)
        os.utime(folder.path / f"k{number}{ENDING}", (number, number))
    left = sorted(path.stem for path in folder.path.iterdir())
    assert left == ["k5", "k6", "k7", "k8", "k9"]


def test_what_is_used_stays_longest(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "cache", most_bytes=3_000)
    for number in range(3):
        folder.write(f"k{number}", BODY)
        old = time.time() - 10 * MARKED + number
        os.utime(folder.path / f"k{number}{ENDING}", (old, old))
    folder.read("k0")
    folder.write("k3", BODY)
    assert sorted(path.stem for path in folder.path.iterdir()) == ["k0", "k2", "k3"]


def test_what_is_too_large_is_not_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "rete_engine.cache")
    folder = Folder(tmp_path / "cache", most_bytes=500)
    folder.write("k", BODY)
    assert folder.read("k") is None
    assert "it is too large" in caplog.text


def test_what_a_dead_writer_left_goes(folder: Folder) -> None:
    folder.write("k", BODY)
    left = folder.path / "writing-1"
    left.write_bytes(b"x")
    folder.write("k", BODY)
    assert left.exists()
    old = time.time() - ABANDONED - 1
    os.utime(left, (old, old))
    folder.write("k", BODY)
    assert not left.exists()


def _write_and_read(path: str, seed: int) -> bool:
    folder = Folder(Path(path))
    for number in range(50):
        folder.write("k", bytes([seed]) * (1_000 + number))
        body = folder.read("k")
        if body is None or len(set(body)) != 1:
            return False
    return True


def test_writers_at_the_same_time_leave_one_of_theirs(folder: Folder) -> None:
    folder.write("k", b"0")
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        done = pool.starmap(_write_and_read, [(str(folder.path), seed) for seed in range(3)])
    assert done == [True, True, True]
    assert len(list(folder.path.iterdir())) == 1


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, Path("/x/rete-engine")),
        ("linux", {"XDG_CACHE_HOME": ""}, Path("/home/me/.cache/rete-engine")),
        ("darwin", {}, Path("/home/me/Library/Caches/rete-engine")),
        ("win32", {"LOCALAPPDATA": "/l"}, Path("/l/rete-engine/Cache")),
    ],
)
def test_the_folder_is_where_the_platform_has_it(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: Path
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_folder() == expected
