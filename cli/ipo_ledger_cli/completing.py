"""How a shell completes a command line: the script it takes, and the words it is offered. Errors are never shown.

click knows bash, zsh and fish. PowerShell is ours: click has it from 8.5 on only, cuts its words as a POSIX shell does
(a path loses its backslashes), and offers @LABEL, which PowerShell takes for something else, without quotes.
"""

from __future__ import annotations

import io
import os
import re
import sys
from contextlib import redirect_stderr, suppress
from typing import TYPE_CHECKING, Any, ClassVar

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, get_completion_class

from ipo_ledger_cli.command import command
from ipo_ledger_cli.options import reading
from ipo_ledger_cli.output import in_one_line, write_exactly, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ipo_ledger_cli.session import Session

_SHELLS = ("bash", "zsh", "fish", "powershell")
_BARE = re.compile(r"[\w./:=+-]+")  # what PowerShell takes as one word, without quotes

_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName '%(prog_name)s' -ScriptBlock {
    param($word, $command, $cursor)
    $words = foreach ($element in $command.CommandElements) {
        if ($element.Extent.EndOffset -lt $cursor) {
            if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $element.Value }
            else { $element.Extent.Text }
        }
    }
    $begun = "$word".Trim('"', "'")
    $encoding = [Console]::OutputEncoding
    try {
        try { [Console]::OutputEncoding = [System.Text.Encoding]::UTF8 } catch { }
        $env:COMP_WORDS = $words -join "`n"
        $env:COMP_CWORD = $begun
        $env:%(complete_var)s = 'powershell_complete'
        $offered = @(& '%(prog_name)s' 2>$null)
    } finally {
        $env:COMP_WORDS = $env:COMP_CWORD = $env:%(complete_var)s = $null
        try { [Console]::OutputEncoding = $encoding } catch { }
    }
    foreach ($line in $offered) {
        $kind, $typed, $shown, $about = $line -split "`t"
        if ($kind -eq 'plain') {
            [System.Management.Automation.CompletionResult]::new($typed, $shown, 'ParameterValue', $about)
        } elseif ($kind -in 'file', 'dir') {
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($begun)
        }
    }
}
"""


class PowerShell(ShellComplete):
    """Completion for Windows PowerShell 5.1 and PowerShell 7: words come one a line, and go one a line, with tabs."""

    name: ClassVar[str] = "powershell"
    source_template: ClassVar[str] = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one being typed, and what is typed of it."""
        words = os.environ.get("COMP_WORDS", "").splitlines()
        return words[1:], os.environ.get("COMP_CWORD", "")

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return the kind, the word as it is typed, as it is shown, and what is said about it."""
        word = in_one_line(str(item.value))
        typed = word if _BARE.fullmatch(word) else "'" + word.replace("'", "''") + "'"
        return "\t".join((item.type, typed or "-", word or "-", in_one_line(item.help or "") or word or "-"))


@command(
    "completion",
    examples=("ipo-ledger completion bash", "ipo-ledger completion powershell"),
    exits=(0, 2),
)
@click.argument("shell", metavar="SHELL", type=click.Choice(_SHELLS))
@reading
@click.pass_obj
def completion(session: Session, shell: str) -> None:
    """Let a shell complete what you type.

    The script for a SHELL goes to standard output: bash (4.4 or later), zsh, fish or powershell. To have it in
    every shell from now on:

    \b
      bash: add to ~/.bashrc
        eval "$(ipo-ledger completion bash)"
      zsh: add to ~/.zshrc, after compinit
        eval "$(ipo-ledger completion zsh)"
      fish
        ipo-ledger completion fish > ~/.config/fish/completions/ipo-ledger.fish
      PowerShell: add to the file that $PROFILE names
        ipo-ledger completion powershell | Out-String | Invoke-Expression

    Systems, users, extensions and batches are completed from the ledger that the command line, the environment
    or the configuration names. Where it cannot be read nothing is offered.
    """  # noqa: D301 - \b is click's mark for a paragraph that stays as it is
    from ipo_ledger_cli.main import COMPLETING, NAME, program

    add_completion_class(PowerShell)
    found = get_completion_class(shell)
    assert found is not None
    script = found(program, {}, NAME, COMPLETING).source()
    if session.json:
        write_json({"shell": shell, "script": script}, sys.stdout)
    else:
        write_exactly(script.encode(), sys.stdout)


def complete(session: Session, given: Sequence[str]) -> int:
    """Answer a shell that asks how a word goes on. Who presses a key waits for words, not for complaints."""
    from ipo_ledger_cli.main import NAME, program

    add_completion_class(PowerShell)
    with suppress(SystemExit, Exception), redirect_stderr(io.StringIO()):  # click ends the program when it is done
        program.main(list(given), prog_name=NAME, obj=session)
    return 0
