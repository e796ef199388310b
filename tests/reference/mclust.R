# What R's mclust finds, as a table that tests read without R:
#
#   Rscript tests/reference/mclust.R iris geyser > tests/reference/mclust.csv
#
# Data are R's and mclust's own, or NAME.csv in samples/. For each size G the table has the labels that mclust's own
# hierarchical start gives the rows; and, for each family, the log likelihood after one M-step from these labels, that
# at the end of EM, how many iterations this took, and how many parameters there are. (Debian: r-base-core,
# r-cran-mclust.)

suppressMessages(library(mclust))
options(warn = -1)

control <- emControl(eps = 0, tol = c(1e-13, 1e-15), itmax = c(1e5, 1e5))
exact <- function(x) format(x, digits = 15)

read <- function(name) {
  sample <- file.path("samples", paste0(name, ".csv"))
  if (file.exists(sample)) return(as.matrix(read.csv(sample)))
  table <- get(name)
  as.matrix(table[, sapply(table, is.numeric)])
}

cat("data,model,G,after_one,at_end,iterations,parameters\n")
for (name in commandArgs(trailingOnly = TRUE)) {
  x <- read(name)
  tree <- hc(x, modelName = "VVV", use = "SVD")
  for (G in 1:9) {
    labels <- if (G == 1) rep(1, nrow(x)) else hclass(tree, G)[, 1]
    cat(name, "labels", G, paste(labels - 1, collapse = ""), "", "", "\n", sep = ",")
    for (model in mclust.options("emModelNames")) {
      z <- unmap(labels)
      one <- mstep(data = x, modelName = model, z = z, control = control)
      after <- estep(data = x, modelName = model, parameters = one$parameters)$loglik
      end <- me(data = x, modelName = model, z = z, control = control)
      iterations <- unlist(attr(end, "info"))[1]
      if (is.na(iterations)) iterations <- ""
      cat(name, model, G, exact(after), exact(end$loglik), iterations, nMclustParams(model, ncol(x), G), sep = ",")
      cat("\n")
    }
  }
}
