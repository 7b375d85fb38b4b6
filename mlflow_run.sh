#!/usr/bin/env bash
# Runs a khabar command for `mlflow run`: in the environment that MLflow made for this project, after installing
# khabar there from this folder, or in the caller's own (--env-manager local).
set -euo pipefail
# MLflow calls it by a SHA-1; mlflow-work would be the caller's own, in which nothing is to be installed.
if [[ "${VIRTUAL_ENV:-}" =~ /mlflow-[0-9a-f]{40}$ ]]; then
    # As in the Makefile, without torch. Each time, as all folders with this project share the environment.
    uv pip install --quiet --constraint constraints.txt --editable '.[train]'
else
    PATH="$PATH:$PWD/.venv/bin" # what make set up, where the caller has not activated another environment
    if ! command -v khabar >/dev/null; then
        echo "khabar is not installed in this environment. Install it: pip install '.[train]', or leave out" \
            "--env-manager local." >&2
        exit 2
    fi
fi
exec khabar "$@"
