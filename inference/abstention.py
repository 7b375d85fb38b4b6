"""A model that abstains at another precision than the one it was trained for."""

from dataclasses import replace

from khabar.inference.model import Model


def at_precision(model: Model, precision: float) -> Model:
    """Give a model whose heads abstain where answers would be right less often than stated.

    The precisions were measured out of fold, on outlets that the model had not seen.

    Parameters
    ----------
    model : Model
    precision : float
        From .5 to .99, of which the next higher precision stored is taken (those of khabar are hundredths). A head
        that reaches it with no answers abstains from all.

    Raises
    ------
    InputError
        The precision is out of range, or a head, that of the stance included, has none stored.
    """
    heads = tuple(head.at_precision(precision) if head.kind == "softmax" else head for head in model.heads)
    stance = model.stance
    if stance is not None:
        stance = stance.with_head(stance.head.at_precision(precision))
    changed = replace(model, heads=heads, stance=stance)
    vars(changed)["scorer"] = model.scorer  # of the same weights: it is not built twice
    return changed
