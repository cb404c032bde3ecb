"""The figures, and the lists behind them: conditions over the rows of the read models, and what they amount to."""
