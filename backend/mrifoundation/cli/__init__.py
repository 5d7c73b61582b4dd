"""The command line. Exit codes: 0 done, 1 the input or request was wrong, 2 usage, 3 our fault."""

import os
import sys

import typer

from mrifoundation.cli import (
    audit,
    classify,
    demo,
    evaluate,
    exchange,
    info,
    keys,
    library,
    report,
    search,
    segment,
    serve,
    shard,
    teach,
    web,
)
from mrifoundation.errors import Cancelled, InputError, MRIFoundationError

DONE, WRONG_INPUT, USAGE, OUR_FAULT = 0, 1, 2, 3

app = typer.Typer(
    name="mrifoundation",
    help="Name a structure, get it segmented on any MRI. Research only; not for clinical decisions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    segment,
    serve,
    info,
    demo,
    evaluate,
    classify,
    teach,
    report,
    exchange,
    library,
    search,
    keys,
    shard,
    audit,
    web,
):
    command.add_to(app)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and give the exit code; what went wrong is one plain sentence on stderr."""
    try:
        code = app(args=arguments, standalone_mode=False)
        return code if isinstance(code, int) else DONE
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, Cancelled, typer.Abort):
        return _failed("Stopped.", WRONG_INPUT)
    except InputError as error:
        return _failed(str(error), WRONG_INPUT)
    except BrokenPipeError:
        # Whoever read our output has closed it; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except MemoryError:
        return _failed("The computer ran out of memory; choose --profile fast or close other programs.", WRONG_INPUT)
    except Exception as error:
        if _is_usage(error):
            error.show()
            return USAGE
        return _failed(_our_fault(error), OUR_FAULT)


def _is_usage(error: Exception) -> bool:
    # typer carries its own copy of click in some versions, so the class is told by what it offers.
    return hasattr(error, "show") and getattr(error, "exit_code", None) == USAGE


def _our_fault(error: Exception) -> str:
    told = str(error) if isinstance(error, MRIFoundationError) else f"{type(error).__name__}: {error}"
    return f"This is a fault of the program ({' '.join(told.split())}); set MRIFOUNDATION_DEBUG=1 to see where."


def _failed(sentence: str, code: int) -> int:
    if os.environ.get("MRIFOUNDATION_DEBUG") == "1" and sys.exc_info()[0]:
        import traceback

        traceback.print_exc()
    print(sentence, file=sys.stderr)
    return code
