"""The pupils' view: picture shelves, two kana, grades and chance lead to a book without typing."""
