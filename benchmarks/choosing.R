# What mclustBIC finds, and how long it takes: Rscript benchmarks/choosing.R FOLDER NAME...
#
# It reads NAME.csv, without a header, and writes NAME-bic.csv: a row a number of components (1 to 9), a column a family,
# lower is better. It prints NAME and the processor seconds of the fastest of three runs.

suppressMessages(library(mclust))
options(warn = -1)

given <- commandArgs(trailingOnly = TRUE)
for (name in given[-1]) {
  x <- as.matrix(read.csv(file.path(given[1], paste0(name, ".csv")), header = FALSE))
  seconds <- Inf
  for (run in 1:(if (nrow(x) > 500) 2 else 3)) {
    set.seed(1)
    time <- system.time(found <- mclustBIC(x, G = 1:9, verbose = FALSE))
    seconds <- min(seconds, sum(time[c("user.self", "sys.self")]))
  }
  write.csv(-found[, ], file.path(given[1], paste0(name, "-bic.csv")))
  cat(name, seconds, "\n")
}
