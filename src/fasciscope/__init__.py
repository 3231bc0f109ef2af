"""fasciscope: record muscle twitches from a surface EMG sensor and count them."""
