"""Where a language host starts this folder as a plugin (`PulumiPlugin.yaml`)."""

from eks_access.provider.__main__ import main

if __name__ == "__main__":
    main()
