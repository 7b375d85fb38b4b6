"""What is built and shipped: the wheel, the sdist, the lists that are kept by hand."""

import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build an sdist, and a wheel out of it, without network or isolation."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.tar.gz")), next(out.glob("*.whl"))


def test_the_hand_list_of_packages_names_the_folders_that_hold_one():
    folders = {f"khabar.{path.parent.name}" for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"}
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == folders
    assert set(PYPROJECT["tool"]["setuptools"]["package-dir"]) == folders


def test_the_wheels_top_level_is_only_khabar(built):
    names = zipfile.ZipFile(built[1]).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"khabar"}


def test_the_wheel_holds_every_module_and_data_file_of_every_package(built):
    in_wheel = set(zipfile.ZipFile(built[1]).namelist())
    for folder in ("inference", "datasets", "training", "experiments", "configs"):
        tracked = subprocess.run(
            ["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.split()
        files = tracked or [str(p.relative_to(ROOT)) for p in (ROOT / folder).rglob("*.py")]
        sources = {".pyx", ".hpp"}
        missing = [f for f in files if Path(f).suffix not in sources and f"khabar/{f}" not in in_wheel]
        assert missing == []


def test_the_sdist_holds_what_compiles_the_kernel(built):
    with tarfile.open(built[0]) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    files = [path for folder in ("inference", "training") for path in (ROOT / folder).iterdir()]
    compiled = {str(path.relative_to(ROOT)) for path in files if path.suffix in (".pyx", ".hpp")}
    assert {"inference/_kernel.pyx", "inference/_tables.hpp", "training/_solver.pyx"} <= compiled
    assert compiled | {"LICENSE", "README.md"} <= names


def test_the_wheel_runs_without_the_repository(built, tmp_path):
    zipfile.ZipFile(built[1]).extractall(tmp_path / "installed")
    # -S keeps the editable install of this repository out; its dependencies are named instead.
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "import khabar.inference as k\n"
        "assert k.__file__.startswith(sys.argv[1]), k.__file__\n"
        "print(k.Predictor.load().tag('فاز المنتخب بالمباراة بهدفين في كأس القارة', title='فوز المنتخب').sector)\n"
    )
    found = subprocess.run(
        [sys.executable, "-S", "-c", program, str(tmp_path / "installed"), sysconfig.get_path("purelib")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.stdout.strip(), found.returncode) == ("sport", 0), found.stderr


def test_no_committed_file_names_a_registrys_host():
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in pins
    assert all("==" in line for line in pins.splitlines() if not line.startswith("#"))
