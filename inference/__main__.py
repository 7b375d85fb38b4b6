"""Run the command as `python -m khabar.inference`."""

from khabar.inference.cli import main

main(prog_name="khabar")
