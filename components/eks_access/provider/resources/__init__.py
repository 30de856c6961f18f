"""The resources that the plugin implements itself: one module with the operations and one with the inputs of each."""
