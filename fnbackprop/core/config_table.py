"""What the tables of a config are made of."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(gt=0, lt=2**31)]  # steps are counted in int32 on the device
NonNegative = Annotated[float, Field(ge=0)]


class Table(BaseModel):
    """A table with a fixed set of keys."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class NamingTable(BaseModel):
    """A table that names a thing, and holds that thing's options beside its own keys."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow", allow_inf_nan=False)

    @property
    def options(self) -> dict[str, Any]:
        """The keys that belong to the named thing."""
        return dict(self.model_extra or {})
