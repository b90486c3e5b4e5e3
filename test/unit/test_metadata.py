# SPDX-License-Identifier: GPL-3.0-or-later
"""metadata.txt, as the plugin repository's validator and QGIS read it."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def metadata() -> configparser.SectionProxy:
    # With interpolation, as the repository and QGIS read it: there a percent sign is an error.
    parser = configparser.ConfigParser()
    parser.optionxform = str
    parser.read(ROOT / "metadata.txt", encoding="utf-8")
    return parser["general"]


@pytest.mark.parametrize(
    "key",
    [
        *("name", "description", "about", "version", "qgisMinimumVersion", "author", "email"),
        *("homepage", "tracker", "repository", "license", "changelog", "tags", "icon"),
    ],
)
def test_what_the_repository_requires_is_there(metadata, key):
    assert metadata[key].strip()


def test_every_value_can_be_read_with_interpolation():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "metadata.txt", encoding="utf-8")

    assert parser.items("general")


@pytest.mark.parametrize("key", ["about", "changelog"])
@pytest.mark.parametrize("what", ["resolution", "voids", "terrain from a sketch", "real land"])
def test_texts_name_what_it_does(metadata, key, what):
    assert what in metadata[key]


def test_it_runs_from_qgis_3_22_to_the_last_4(metadata):
    assert metadata["qgisMinimumVersion"] == "3.22"
    assert metadata["qgisMaximumVersion"] == "4.99"
    assert "supportsQt6" not in metadata


def test_qgis_process_finds_the_provider(metadata):
    assert metadata["hasProcessingProvider"] == "yes"


def test_the_version_is_three_numbers_and_heads_the_changelog(metadata):
    version = metadata["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert newest.group(1) == version
    assert metadata["changelog"].startswith(version)


def test_the_icon_exists(metadata):
    assert (ROOT / metadata["icon"]).is_file()


@pytest.mark.parametrize("key", ["homepage", "tracker", "repository"])
def test_links_are_complete(metadata, key):
    assert re.fullmatch(r"https://[\w./-]+", metadata[key])


@pytest.mark.parametrize("key", ["description", "about"])
def test_texts_hold_no_html(metadata, key):
    assert not re.search(r"<\w", metadata[key])


def test_the_about_text_says_what_is_needed_how_large_it_is_and_how_to_get_it(metadata):
    about = metadata["about"]

    assert "TensorFlow" in about
    assert "1.6 GB" in about
    assert '"Set up GeoGAN"' in about


def test_the_author_is_no_path(metadata):
    assert "/" not in metadata["author"]
