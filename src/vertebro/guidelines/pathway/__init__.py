"""How vertebro joins what the bodies say: rules and settings of our own, all of them printed."""
