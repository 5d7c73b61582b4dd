"""The network, the prompt head, the text tower, and weights on disk."""

from mrifoundation.model.checkpoint import Card, load_card, load_model, save_model
from mrifoundation.model.config import NetworkConfig
from mrifoundation.model.foundation import IN_VIEW_VOXELS, Features, FoundationModel, surest
from mrifoundation.model.prompt_head import Query

__all__ = [
    "IN_VIEW_VOXELS",
    "Card",
    "Features",
    "FoundationModel",
    "NetworkConfig",
    "Query",
    "load_card",
    "load_model",
    "save_model",
    "surest",
]
