"""The one runner of long work: lines of jobs, each with few places.

``line``      a line: who runs, who waits and for how long; turns on one's own thread, and jobs in the background
``lines``     the server's lines: forward passes, generations, projections, trainings
``asker``     who asks on this thread, and who is told the place while it waits
``opening``   links that a browser is opening, which tell a reload from a closed tab
``permit``    leave to work long: told how far it is, stopped when nobody wants it any more
``shelf``     results in a bounded store, each made once for all who ask
``remembered``  the last few results of trainings, each made in a turn of a line
"""
