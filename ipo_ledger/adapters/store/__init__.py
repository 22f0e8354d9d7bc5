"""What the two stores share: the payload of an event, the rows of the read model, the questions asked of it."""
