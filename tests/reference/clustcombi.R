# How R's mclust combines components into clusters, as a table that tests read without R:
#
#   Rscript tests/reference/clustcombi.R iris geyser > tests/reference/clustcombi.csv
#
# Data are R's own, or NAME.csv in samples/. For each size G the table has the mixture that mclust fits (proportions,
# means and covariances, column by column), the cluster of each component at every level, the entropy of 1 to G
# clusters, and the number at the elbow. (Debian: r-base-core, r-cran-mclust.)

suppressMessages(library(mclust))
options(warn = -1)

read <- function(name) {
  sample <- file.path("samples", paste0(name, ".csv"))
  if (file.exists(sample)) return(as.matrix(read.csv(sample)))
  table <- get(name)
  as.matrix(table[, sapply(table, is.numeric)])
}

row <- function(...) cat(..., "\n", sep = "")
listed <- function(x) paste(format(as.vector(x), digits = 15, trim = TRUE), collapse = " ")

row("data,G,what,values")
for (name in commandArgs(trailingOnly = TRUE)) {
  x <- read(name)
  for (G in 3:8) {
    fit <- Mclust(x, G = G, modelNames = "VVV", verbose = FALSE)
    if (is.null(fit)) next
    fit$z <- estep(x, "VVV", fit$parameters)$z  # of these parameters, not of those one step before
    found <- clustCombi(fit)
    start <- paste(name, G, "", sep = ",")
    row(start, "weights,", listed(fit$parameters$pro))
    row(start, "means,", listed(fit$parameters$mean))
    row(start, "covariances,", listed(fit$parameters$variance$sigma))
    z <- fit$z
    group <- 1:G
    entropy <- numeric(G)
    for (K in G:1) {
      z <- t(found$combiM[[K]] %*% t(z))
      group <- apply(found$combiM[[K]], 2, which.max)[group]
      entropy[K] <- -sum(ifelse(z > 0, z * log(z), 0))
      row(start, "groups,", listed(group - 1))
    }
    row(start, "entropies,", listed(entropy))
    row(start, "elbow,", clustCombiOptim(found)$numClusters.combi)
  }
}
