# The data sets and the BIC of R's mclust, for mclust.py: Rscript benchmarks/mclust.R FOLDER
#
# It writes NAME.csv, without a header, for each data set, and bic.csv: data, model, G, and BIC where lower is better.

suppressMessages(library(mclust))
options(warn = -1)
data(diabetes); data(thyroid); data(cross); data(wreath)

folder <- commandArgs(trailingOnly = TRUE)[1]
tables <- list(
  iris = iris[, 1:4], faithful = faithful, diabetes = diabetes[, -1], thyroid = thyroid[, -1], cross = cross[, -1],
  wreath = wreath
)
rows <- list()
for (name in names(tables)) {
  x <- as.matrix(tables[[name]])
  write.table(x, file.path(folder, paste0(name, ".csv")), sep = ",", row.names = FALSE, col.names = FALSE)
  found <- mclustBIC(x, G = 1:5, verbose = FALSE)
  for (model in colnames(found)) for (G in 1:5)
    rows[[length(rows) + 1]] <- data.frame(name, model, G, bic = format(-found[G, model], digits = 12))
}
write.csv(do.call(rbind, rows), file.path(folder, "bic.csv"), row.names = FALSE, quote = FALSE)
