"""Access to Amazon EKS for third-party integrations: declared once, provisioned, proven.

    from eks_access import Apono, Cado, ConductorOne, OpenTrace, ProbeSchedule

The components are imported on first use, so that the command line starts without Pulumi.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .integrations.apono.integration import Apono as Apono
    from .integrations.apono.integration import AponoArgs as AponoArgs
    from .integrations.cado import Cado as Cado
    from .integrations.cado import CadoArgs as CadoArgs
    from .integrations.conductorone.integration import ConductorOne as ConductorOne
    from .integrations.conductorone.integration import ConductorOneArgs as ConductorOneArgs
    from .integrations.custom.integration import CustomIntegration as CustomIntegration
    from .integrations.custom.integration import CustomIntegrationArgs as CustomIntegrationArgs
    from .integrations.eks_connector import EksConnector as EksConnector
    from .integrations.eks_connector import EksConnectorArgs as EksConnectorArgs
    from .integrations.opentrace import OpenTrace as OpenTrace
    from .integrations.opentrace import OpenTraceArgs as OpenTraceArgs
    from .schedule.component import ProbeSchedule as ProbeSchedule
    from .schedule.component import ProbeScheduleArgs as ProbeScheduleArgs

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Python also looks up submodules here before it imports them; only classes are handled.
    if name[:1].isupper():
        from .integrations import vendors
        from .schedule import component as schedule

        if name in ("ProbeSchedule", "ProbeScheduleArgs"):
            return getattr(schedule, name)
        for vendor in vendors().values():
            if name == vendor.component.__name__:
                return vendor.component
            if name == vendor.arguments.__name__:
                return vendor.arguments
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
