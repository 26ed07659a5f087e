"""What a plan comes to: looked up by our own functions, said in sentences of our own."""
