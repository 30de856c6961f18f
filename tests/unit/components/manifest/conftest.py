from tests.support.fixtures import certificate_authority, manifest_file

__all__ = ["certificate_authority", "manifest_file"]
