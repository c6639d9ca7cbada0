"""United States Medicare: local coverage determinations on percutaneous vertebral augmentation."""
