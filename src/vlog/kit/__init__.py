"""Ground floor: small tools that know nothing of video."""
