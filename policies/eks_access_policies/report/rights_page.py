"""The page of named objects and custom resources in the documentation, from the tables themselves. Pure."""

from collections import defaultdict
from collections.abc import Iterator

from eks_access.model.kubernetes_rights import KUBERNETES_RIGHTS
from eks_access.model.kubernetes_rights.custom_resources import CUSTOM_RESOURCES, Effect
from eks_access.model.kubernetes_rights.system_objects import SYSTEM_OBJECTS, SystemObjects

_HEAD = """# Custom resources and named objects

Written by `{command}` from the tables that the policy pack, the review and
`explain` read.

## Custom resources

Who may write one of these has an operator act as the object says, with the operator's own rights. The rules
`rbac-custom-<effect>` report that in the whole cluster and in a namespace, with `resourceNames` too. The table has
well-known operators. Add those of your own to the pack's setting `customResources`, with the name that
`kubectl api-resources -o name` prints; resource and API group may be patterns:

```json
{{"settings": {{"customResources": ["code: runners.ci.example.com", "cloud: *.iam.platform.example.com"]}}}}
```

Of resources that are marked *no namespace* a RoleBinding gives nothing, which `rbac-no-effect` says.
"""
_NAMED = """
## Named objects

`resourceNames` confine a right to objects, and not what can be done by those. The rule `rbac-named-objects` reports the
names below, and service accounts, users and groups to which the stack itself gives severe rights in the whole cluster.
Where there is no namespace in the table, that of every binding counts. `any` name counts in bindings in that namespace.
"""


def format_rights_page(command: str) -> str:
    """The page, in Markdown. `command` is what writes it."""
    return "\n".join(
        [
            _HEAD.format(command=command),
            *(line for effect in Effect for line in _format_effect(effect)),
            _NAMED,
            "| verbs | objects | namespace | names | what it gives: can … |",
            "|---|---|---|---|---|",
            *map(_format_objects, SYSTEM_OBJECTS),
            "",
        ]
    )


def _format_effect(effect: Effect) -> Iterator[str]:
    (right,) = (each for each in KUBERNETES_RIGHTS if each.key == f"custom-{effect}")
    yield f"### `{effect}`\n"
    yield f"A subject with {', '.join(right.verbs)} {right.describe(())}.\n"
    yield "| API group | resources | no namespace |"
    yield "|---|---|---|"
    by_group: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for each in CUSTOM_RESOURCES:
        if each.effect is effect:
            by_group[each.group][0 if each.is_namespaced else 1].append(each.resource)
    for group, columns in sorted(by_group.items()):
        yield f"| `{group}` | {' | '.join(', '.join(f'`{name}`' for name in sorted(names)) for names in columns)} |"
    yield ""


def _format_objects(each: SystemObjects) -> str:
    kind = f"{each.resource}.{each.group}" if each.group else each.resource
    names = "any" if each.only_in_system else ", ".join(f"`{name}`" for name in each.names)
    sentence = each.sentence.replace(" ({names})", "").replace("{names}", "them")
    return f"| {', '.join(each.verbs)} | `{kind}` | {each.namespace or ''} | {names} | {sentence} |"
