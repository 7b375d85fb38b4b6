"""What is left of an artifact's file is read, or nothing is."""

import pytest

from khabar.experiments.artifact_files import read_list, read_object, read_text


@pytest.mark.parametrize(
    ("read", "content", "value"),
    [
        (read_object, b'{"a": 1}', {"a": 1}),
        (read_object, b"{}", {}),
        (read_list, b"[1]", [1]),
        (read_text, "سطر".encode(), "سطر"),
        (read_text, b"", ""),
    ],
)
def test_a_whole_file_is_read(read, content, value, tmp_path):
    (tmp_path / "file").write_bytes(content)
    assert read(tmp_path / "file") == value


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (read_object, b'{"a": '),
        (read_object, b""),
        (read_object, b"[1]"),
        (read_list, b"[1"),
        (read_list, b'{"a": 1}'),
        (read_list, '["س'.encode()[:-1]),
        (read_text, "سطر".encode()[:-1]),
    ],
)
def test_of_a_file_that_was_cut_off_or_holds_another_kind_of_value_there_is_none(read, content, tmp_path):
    (tmp_path / "file").write_bytes(content)
    assert read(tmp_path / "file") is None
