"""Scans made from label maps, and strong augmentation of real ones."""
