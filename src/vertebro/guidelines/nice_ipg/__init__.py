"""National Institute for Health and Care Excellence: IPG12 (vertebroplasty), IPG166 (kyphoplasty)."""
