"""The contenders of the benchmarks of training: each file trains a `Problem` with one package.

Every function takes the problem and returns `start`; `start()` returns `train`, at the problem's first weights; and
`train(steps)` trains, waits until all is done, and returns the steps' losses (or one number, their mean).
"""
