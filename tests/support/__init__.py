"""What several tests share: cases, fakes and fixtures. No test imports from a test."""
