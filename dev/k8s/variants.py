"""Which combinations of ``k8s/`` are tried: the overlays, and what their comments offer instead.

Each is an overlay as it stands, with components taken out and others put in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COMPONENTS = "../../components/"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One combination.

    Attributes:
        overlay: the folder below ``k8s/overlays``.
        less: components of it that are left out.
        more: components that are added, in their order.
    """

    name: str
    overlay: str
    less: frozenset[str] = frozenset()
    more: tuple[str, ...] = ()

    @property
    def is_as_it_stands(self) -> bool:
        """Whether it is the overlay itself."""
        return not self.less and not self.more


VARIANTS = (
    Variant(name="dev", overlay="dev"),
    Variant(name="production", overlay="production"),
    Variant(
        name="ingress",
        overlay="production",
        less=frozenset({"gateway-api", "keda"}),
        more=("ingress", "autoscaling"),
    ),
    Variant(name="cloudnative-pg", overlay="production", more=("cloudnative-pg",)),
    Variant(
        name="plain",
        overlay="production",
        less=frozenset({"gateway-api", "keda", "monitoring", "external-secrets"}),
    ),
    Variant(name="dev-watched", overlay="dev", more=("monitoring", "ingress")),
)


def changed(kustomization: Mapping[str, Any], variant: Variant) -> dict[str, Any]:
    """Return an overlay's kustomization with the components of a variant.

    Raises:
        LookupError: a component is to be left out that the overlay does not have.
    """
    known: list[str] = kustomization["components"]
    unknown = variant.less - {path.removeprefix(COMPONENTS) for path in known}
    if unknown:
        raise LookupError(f"{variant.overlay} has no {', '.join(sorted(unknown))}")
    kept = [path for path in known if path.removeprefix(COMPONENTS) not in variant.less]
    added = [COMPONENTS + name for name in variant.more]
    return {**kustomization, "components": kept + added}
