"""Takes an integration out of the file of a stack."""

from pathlib import Path

from eks_access.stack.configuration_edit import declares_integration, remove_integration
from eks_access.stack.environment_file import Project, read_project, read_text, replace_text
from eks_access_probe.offboard.report import ConfigurationReport


def plan_configuration(cwd: Path, stack: str, name: str) -> ConfigurationReport | None:
    """What is taken out of the stack's file; None if it does not declare the integration.

    Raises:
        ProjectFileError, ConfigurationEditError: the file cannot be read or edited.
    """
    project = read_project(cwd)
    path, text = _read_file(project, stack)
    if not declares_integration(text, project.name, name):
        return None
    edit = remove_integration(text, project.name, name)
    return ConfigurationReport(file=path.name, lines=list(edit.lines), secrets=list(edit.secrets))


def edit_configuration(cwd: Path, stack: str, name: str) -> str:
    """Takes the integration out of the stack's file, unless that was done already; returns what was done.

    Raises:
        ProjectFileError, ConfigurationEditError: the file cannot be read, edited or written.
    """
    project = read_project(cwd)
    path, text = _read_file(project, stack)
    if not declares_integration(text, project.name, name):
        return f"{path.name} does not declare it any more"
    replace_text(path, remove_integration(text, project.name, name).text)
    return f"taken out of {path.name}: commit that change, or the next deployment from the repository makes it again"


def _read_file(project: Project, stack: str) -> tuple[Path, str]:
    """The stack's file with its text, which is empty if there is no file."""
    path = project.stack_file(stack)
    return path, read_text(path) if path.exists() else ""
