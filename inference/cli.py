"""The command `khabar`: finds the sub-commands of all floors, turns errors into messages and exit codes."""

from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, version
from typing import Any

import click

from khabar.inference.errors import KhabarError, MissingExtraError

GROUP = "khabar.commands"
INSTALL = "pip install 'khabar[train]'"


class CommandGroup(click.Group):
    """Sub-commands by entry point: the module of a command is imported when the command is called.

    Modules of commands import what they need inside their functions, so that help, which reads all of them,
    is quick as well.

    Attributes
    ----------
    entry_point_group : str
        Where packages register the sub-commands: `khabar.commands`, or `khabar.commands.data` of `khabar data`.
    """

    entry_point_group = GROUP

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Give the names of all commands, without importing any."""
        return sorted(_entry_points(self.entry_point_group))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; `MissingExtraError` if what it needs is not installed."""
        entry_point = _entry_points(self.entry_point_group).get(cmd_name)
        if entry_point is None:
            return None
        try:
            command = entry_point.load()
        except ModuleNotFoundError as error:
            raise _missing_extra(error, ctx, cmd_name) from error
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands in the help; those that lack an extra say which."""
        rows = []
        for name in self.list_commands(ctx):
            try:
                command = self.get_command(ctx, name)
            except MissingExtraError:
                rows.append((name, f"(not installed: {INSTALL})"))
            else:
                if command is not None and not command.hidden:
                    rows.append((name, command.get_short_help_str(80)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what goes wrong becomes a message on stderr and exit code 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Whoever reads the output has seen enough; click ends quietly.
            raise
        except KhabarError as error:
            _fail(ctx, str(error))
        except ModuleNotFoundError as error:
            _fail(ctx, str(_missing_extra(error, ctx, ctx.invoked_subcommand or "")))
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            _fail(ctx, f"{where}{error.strerror or error}.")


def _entry_points(group: str) -> dict[str, EntryPoint]:
    # Of this distribution only: going through all that are installed takes longer than tagging an article.
    try:
        return {point.name: point for point in distribution("khabar").entry_points.select(group=group)}
    except PackageNotFoundError:
        raise click.ClickException(
            "khabar is run from its folder but is not installed. Install it with: pip install -e ."
        ) from None


def _missing_extra(error: ModuleNotFoundError, ctx: click.Context, command: str) -> MissingExtraError:
    names = [command]
    while ctx.parent is not None:
        names.insert(0, ctx.info_name or "")
        ctx = ctx.parent
    return MissingExtraError(
        f"khabar {' '.join(names)} needs the module {error.name}, which is not installed. Install it with: {INSTALL}"
    )


def _fail(ctx: click.Context, message: str) -> None:
    click.echo(f"khabar: {message}", err=True)
    ctx.exit(1)


def _print_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        click.echo(f"khabar {version('khabar')}")
        ctx.exit()


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
              help="Show the version and exit.")  # fmt: skip
def main() -> None:
    """Tag Arabic news by sector and tone.

    Exit codes: 0 all done, 1 failed, 2 wrong usage, 3 done but some rows were refused.
    """
