"""What goes on in the made-up ward: what is lent, waited for and on its way around today, and the figures of the days before."""
