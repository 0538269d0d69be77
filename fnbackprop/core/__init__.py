"""What every other part stands on: the module contract, the config types and the errors."""
