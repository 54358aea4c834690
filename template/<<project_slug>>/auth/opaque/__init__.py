"""Access tokens as random strings: nothing to decode, nothing to sign, nothing to leak. Only a digest is stored."""
